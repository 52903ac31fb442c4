"""The page where a batch is planned, tried out and started."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.batch_ground import Ground
from defectstudio.app.batch_plan import PlanLine
from defectstudio.app.batch_trial import TrialSample
from defectstudio.domain.recipe import BlendMode
from defectstudio.domain.records import ImageRecord
from defectstudio.domain.specs import PlacementSettings
from defectstudio.gui.dialogs.form import DataForm
from defectstudio.gui.dialogs.parts import hint
from defectstudio.gui.fields import roomy
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.place_map import PlaceView
from defectstudio.gui.panels.plan_table import PlanTable
from defectstudio.gui.panels.thumbnails import Thumbnails
from defectstudio.gui.panels.trial_sheet import TrialSheet

_SETTLE_MS = 200
PLACEMENT = (
    "per_sample", "scale_min", "scale_max", "rotate", "flip", "gap", "edge_margin",
    "stay_at_edge", "tries",
)  # fmt: skip


@dataclass(frozen=True)
class BatchChoice:
    """What is entered. blend: None as the generator wants; overrides: of PlacementSettings."""

    generator: str
    plan: tuple[PlanLine, ...]
    blend: BlendMode | None
    seed: int
    regions: bool
    overrides: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many samples that makes."""
        return sum(line.count for line in self.plan)


class BatchPage(QWidget):
    """asked: the page is looked at; map_wanted: places are to be shown for what is entered;
    tried, started: a BatchChoice; cancelled: the dry run; loaded, saved: the plan as a file;
    region_wanted: the id of a background to paint a region on; filling: what would fill the holes
    that an audit found shall be the plan."""

    asked = Signal()
    map_wanted = Signal()
    tried = Signal(object)
    started = Signal(object)
    cancelled = Signal()
    loaded = Signal()
    saved = Signal(object)
    region_wanted = Signal(int)
    filling = Signal()

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self._ground = Ground({}, (), frozenset())
        self._trying = False
        self._wanted = ""
        self.generators, self.blend, self.seed = QComboBox(), QComboBox(), roomy(QSpinBox())
        self.plan = PlanTable()
        self.form = DataForm(PlacementSettings, PlacementSettings())
        self.regions = QCheckBox(self.tr("only inside painted regions"))
        self.backgrounds, self.places = QComboBox(), PlaceView()
        self.sheet = TrialSheet(thumbnails)
        self._halves = QSplitter(Qt.Orientation.Vertical)
        self.why = hint("")
        self.trial = QPushButton(self.tr("Dry run"))
        self.go = QPushButton(
            icon("batch", QPalette.ColorRole.HighlightedText), self.tr("Make samples")
        )
        self.paint_region = QPushButton(self.tr("Paint where defects may fall"))
        self.load = QPushButton(self.tr("Open plan…"))
        self.keep = QPushButton(self.tr("Save plan…"))
        self.fill = QPushButton(self.tr("Fill the holes"))
        self.fill.setToolTip(self.tr("Plan samples where real defects have no made one like them"))
        self.fill.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self.map_wanted)
        self._fill()
        self._lay_out()
        self._connect()
        self.show_ground(self._ground)

    # --- what is entered

    @property
    def choice(self) -> BatchChoice:
        """What is entered."""
        return BatchChoice(
            self.generators.currentText(),
            self.plan.lines,
            self.blend.currentData(),
            self.seed.value(),
            self.regions.isChecked(),
            self.form.changes(),
        )

    @property
    def background(self) -> ImageRecord | None:
        """The background of the map."""
        row = self.backgrounds.currentIndex()
        return self._ground.backgrounds[row] if row >= 0 else None

    @property
    def generator(self) -> str:
        """The name of the one that is chosen, or will be once it is offered."""
        return self._wanted or self.generators.currentText()

    # --- what is shown

    def choose_generator(self, name: str) -> None:
        """Take this one, as soon as it is among those that are offered."""
        self._wanted = name
        self._take_wanted()

    def show_ground(self, ground: Ground) -> None:
        """What a batch can be made of; what is entered stays where it still can be."""
        chosen, shown = self.generators.currentText(), self.background
        self._ground = ground
        for box, names in (
            (self.generators, list(ground.makers)),
            (self.backgrounds, [image.name for image in ground.backgrounds]),
        ):
            box.blockSignals(True)
            box.clear()
            box.addItems(names)
            box.blockSignals(False)
        self.generators.setCurrentText(chosen)
        self._take_wanted()
        self.follow(0 if shown is None else shown.id)
        self._offer()

    def follow(self, image_id: int) -> None:
        """Show the places of the background that is open on the canvas, if it is one."""
        ids = [image.id for image in self._ground.backgrounds]
        if image_id in ids:
            self.backgrounds.setCurrentIndex(ids.index(image_id))

    def show_trying(self, trying: bool, done: int = 0, total: int = 0) -> None:
        """Whether a dry run is under way, and how far it is."""
        self._trying = trying
        self.trial.setText(self.tr("Cancel dry run") if trying else self.tr("Dry run"))
        if trying:
            text = self.tr("Making samples to look at: {} of {}…").format(done, total)
            self.sheet.show_text(text if total else self.tr("Starting the dry run…"))
        self._check()

    def show_trial(self, samples: list[TrialSample], names: dict[int, str]) -> None:
        """The samples of a dry run, with as much room as the map can spare; names: class id ->
        name."""
        self.sheet.show_trial(samples, names)
        self._halves.setSizes([0, self._halves.height()])

    def may_make_others(self, choice: BatchChoice, seed: int) -> bool:
        """Say that these samples are there already; whether those of another seed are wanted."""
        box = QMessageBox(self)
        box.setText(self.tr("All samples of seed {} are made already.").format(choice.seed))
        box.setInformativeText(
            self.tr("The same plan with the same seed makes the same samples once more.")
        )
        others = box.addButton(
            self.tr("Make others (seed {})").format(seed), QMessageBox.ButtonRole.AcceptRole
        )
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(others)
        box.exec()
        return box.clickedButton() is others

    def show_holes(self, found: bool) -> None:
        """Whether an audit found holes in what the samples cover."""
        self.fill.setVisible(found)

    def let_go(self) -> None:
        """Another project: nothing of this one stays."""
        self._timer.stop()
        self._wanted = ""
        self.show_trying(False)
        self.show_ground(Ground({}, (), frozenset()))
        self.sheet.show_text("")
        self.show_holes(False)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.asked.emit()

    # --- inside

    def _take_wanted(self) -> None:
        if self._wanted in self._ground.makers:
            wanted, self._wanted = self._wanted, ""
            self.generators.setCurrentText(wanted)

    def _offer(self) -> None:
        backgrounds = self._ground.backgrounds
        self.plan.offer(
            self._ground.makers.get(self.generators.currentText(), ()),
            tuple(image.name for image in backgrounds),
            tuple(image.name for image in backgrounds if image.id in self._ground.regions),
        )

    def _check(self) -> None:
        """What can be done now, and why not."""
        choice, background = self.choice, self.background
        why = ""
        if not self._ground.makers:
            why = self.tr("There is no generator yet: train one first.")
        elif not self._ground.backgrounds:
            why = self.tr("There is no normal image to put defects on: import some.")
        elif not choice.plan:
            why = self.tr("The generator makes no class of this item.")
        self.why.setText(why)
        self.why.setVisible(bool(why))
        self.go.setEnabled(not why)
        self.go.setText(self.tr("Make {} samples").format(choice.count))
        self.trial.setEnabled(self._trying or not why)
        self.keep.setEnabled(bool(choice.plan))
        self.paint_region.setEnabled(background is not None)
        self._timer.start()

    def _fill(self) -> None:
        for text, mode in (
            (self.tr("as the generator wants"), None),
            (self.tr("improved Poisson"), "improved"),
            (self.tr("Poisson"), "poisson"),
            (self.tr("alpha"), "alpha"),
        ):
            self.blend.addItem(text, mode)
        self.seed.setRange(0, (1 << 31) - 1)
        self.seed.setToolTip(self.tr("The same seed, the same samples"))
        self.sheet.show_text(self.tr("A dry run makes some of the samples without keeping them."))
        self.backgrounds.setAccessibleName(self.tr("Background of the map"))

    def _connect(self) -> None:
        self.generators.currentIndexChanged.connect(lambda _: self._offer())
        self.plan.changed.connect(self._check)
        self.backgrounds.currentIndexChanged.connect(lambda _: self._check())
        self.regions.toggled.connect(lambda _: self._check())
        for editor in self.form.editors.values():
            if isinstance(editor, QSpinBox):
                editor.valueChanged.connect(lambda _: self._check())
            elif isinstance(editor, QLineEdit):
                editor.textChanged.connect(lambda _: self._check())
            else:
                editor.toggled.connect(lambda _: self._check())
        self.trial.clicked.connect(self._on_trial)
        self.go.clicked.connect(lambda: self.started.emit(self.choice))
        self.load.clicked.connect(self.loaded)
        self.fill.clicked.connect(self.filling)
        self.keep.clicked.connect(lambda: self.saved.emit(self.plan.lines))
        self.paint_region.clicked.connect(lambda: self.region_wanted.emit(self.background.id))

    def _on_trial(self) -> None:
        if self._trying:
            self.cancelled.emit()
        else:
            self.tried.emit(self.choice)

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self._left(em))
        split.addWidget(self._right(em))
        split.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def _left(self, em: int) -> QWidget:
        form = QFormLayout()
        form.addRow(self.tr("Generator"), self.generators)
        form.addRow(self.tr("Blend"), self.blend)
        form.addRow(self.tr("Seed"), self.seed)
        placement = QFormLayout()
        self.form.add_to(placement, list(PLACEMENT))
        placement.addRow(self.tr("Regions"), self.regions)
        files = QHBoxLayout()
        files.addWidget(self.load)
        files.addWidget(self.keep)
        files.addWidget(self.fill)
        files.addStretch(1)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(em // 2, em // 2, em // 2, em // 2)
        column.addLayout(form)
        for text, part in (
            (self.tr("Plan"), self.plan),
            ("", files),
            (self.tr("Placement (pixels, degrees)"), placement),
        ):
            if text:
                column.addSpacing(em // 2)
                column.addWidget(_heading(text))
            column.addWidget(part) if isinstance(part, QWidget) else column.addLayout(part)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        self.go.setProperty("primary", True)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(em // 2, 0, em // 2, em // 2)
        buttons.addWidget(self.trial)
        buttons.addWidget(self.go, 1)
        left = QWidget()
        left.setMinimumWidth(22 * em)
        whole = QVBoxLayout(left)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area, 1)
        self.why.setContentsMargins(em // 2, 0, em // 2, 0)
        whole.addWidget(self.why)
        whole.addLayout(buttons)
        return left

    def _right(self, em: int) -> QWidget:
        head = QHBoxLayout()
        head.addWidget(_heading(self.tr("Where defects may fall")))
        head.addWidget(self.backgrounds, 1)
        regions = QHBoxLayout()
        regions.addWidget(self.paint_region)
        regions.addStretch(1)
        above, below = QWidget(), QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(em // 2, em // 2, em // 2, 0)
        column.addLayout(head)
        column.addWidget(self.places, 1)
        column.addLayout(regions)
        column = QVBoxLayout(below)
        column.setContentsMargins(em // 2, em // 2, em // 2, em // 2)
        column.addWidget(_heading(self.tr("Dry run")))
        column.addWidget(self.sheet, 1)
        self._halves.setChildrenCollapsible(False)
        self._halves.addWidget(above)
        self._halves.addWidget(below)
        self._halves.setSizes([20 * em, 18 * em])
        return self._halves


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
