"""The Transfer tab: another product's defects on this one's backgrounds, and what they teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.comparing import Forecast
from defectstudio.app.transferring import Cell, Mean, TransferResult
from defectstudio.domain.comparisons import TransferSettings
from defectstudio.domain.records import DefectClass, GeneratorRecord, Item
from defectstudio.domain.words import duration
from defectstudio.gui.dialogs.form import DataForm
from defectstudio.gui.dialogs.parts import hint
from defectstudio.gui.fields import as_high_as_its_rows, icon_button
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.preview_grid import PreviewGrid

FIELDS = ["count", "steps", "repeats", "architectures", "grey", "cut"]


@dataclass(frozen=True)
class Source:
    """An item that defects may come from."""

    item: Item
    generators: tuple[GeneratorRecord, ...]
    classes: tuple[DefectClass, ...]


@dataclass(frozen=True)
class TransferChoice:
    """What is to be transferred, and other places for another seed."""

    source: Source
    generator: GeneratorRecord | None
    classes: tuple[DefectClass, ...]
    seed: int


class TransferPage(QWidget):
    """wanted: a choice whose grid is to be shown; looked: a source whose last result is; start: a
    choice and the settings that differ, to be trained and tested; asked: the same, to tell its
    time; report: the page of the result is to open."""

    wanted = Signal(object)
    looked = Signal(str)
    start = Signal(object, object)
    asked = Signal(object, object)
    report = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self._sources: list[Source] = []
        self._seed, self._stale = 0, False
        self.source, self.generator = QComboBox(), QComboBox()
        self.source.setAccessibleName(self.tr("Item that defects come from"))
        self.generator.setAccessibleName(self.tr("Generator of the source"))
        self.classes = QListWidget()
        self.classes.setAccessibleName(self.tr("Classes to transfer"))
        as_high_as_its_rows(self.classes, 9)
        self.dice = QPushButton(icon("dice"), self.tr("Other places"))
        self.grid, self.about = PreviewGrid(), hint("")
        self.form = DataForm(TransferSettings, TransferSettings())
        self.ask = QPushButton(self.tr("Tell the time it takes"))
        self.go = QPushButton(self.tr("Train on these, test on real"))
        self.go.setProperty("primary", True)
        self.go.setToolTip(
            self.tr(
                "Segmenters learn from transferred defects alone and are tested on the target's"
                " real ones"
            )
        )
        self.time = hint("")
        self.result = QTreeWidget()
        self.result.setAccessibleName(self.tr("Result of the transfer"))
        self.result.setRootIsDecorated(False)
        self.result.setHeaderLabels(
            [
                self.tr("Trained on"),
                self.tr("Real"),
                self.tr("Synthetic"),
                self.tr("Mean F1"),
                self.tr("To source images"),
                "",
            ]
        )
        self.told, self.to_report = hint(""), icon_button("report", self.tr("Open the report"))
        self._lay_out()
        self.source.currentIndexChanged.connect(self._follow_source)
        self.generator.currentIndexChanged.connect(self._refresh)
        self.classes.itemChanged.connect(self._refresh)
        self.dice.clicked.connect(self._roll)
        self.ask.clicked.connect(self._ask_time)
        self.go.clicked.connect(self._start)
        self.to_report.clicked.connect(self.report)
        self.show_sources("", [])

    # --- what others set

    @property
    def choice(self) -> TransferChoice | None:
        """What is chosen; None without another item."""
        number = self.source.currentIndex()
        if not 0 <= number < len(self._sources):
            return None
        source = self._sources[number]
        generator = next(
            (one for one in source.generators if one.name == self.generator.currentText()), None
        )
        rows = (self.classes.item(row) for row in range(self.classes.count()))
        checked = [row.checkState() is Qt.CheckState.Checked for row in rows]
        classes = tuple(one for one, is_in in zip(source.classes, checked, strict=True) if is_in)
        return TransferChoice(source, generator, classes, self._seed)

    def show_sources(self, target: str, sources: Sequence[Source]) -> None:
        """The item that is open, and the others; the one chosen stays chosen."""
        before = self.source.currentText()
        self._sources = list(sources)
        self.source.blockSignals(True)
        self.source.clear()
        self.source.addItems([one.item.name for one in sources])
        self.source.setCurrentIndex(max(0, self.source.findText(before)))
        self.source.blockSignals(False)
        self.about.setText(
            self.tr("Defects of another item on backgrounds of {}.").format(target)
            if sources
            else self.tr("Transfer needs a second item in the project: import its images first.")
        )
        self._follow_source()

    def show_cells(self, rows: list[list[Cell]]) -> None:
        """A grid whose pictures are on their way."""
        self.grid.show_cells(rows)

    def show_forecast(self, told: Forecast) -> None:
        """How long the training and testing takes."""
        self.ask.setEnabled(True)
        text = self.tr("About {} for {} trainings; those kept from before are not done again.")
        self.time.setText(text.format(duration(told.seconds), told.trainings))

    def show_problem(self, text: str) -> None:
        """Why there is no grid, or no time."""
        self.ask.setEnabled(True)
        self.time.setText(text)

    def show_result(self, result: TransferResult | None, text: str = "") -> None:
        """What came out; None, and why, where there is nothing."""
        self.result.clear()
        if result is not None:
            text = self.tr("Tested on {} real images of {}.")
            text = text.format(len(result.images.get("test", ())), result.item)
        self.told.setText(text)
        self.to_report.setEnabled(result is not None)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for one in result.effects if result else ():
            counts = result.counts(one) if result else None
            numbers = [str(counts.real), str(counts.synthetic)] if counts else ["", ""]
            figures = [_told(one.mean_f1, "{:.3f}"), _told(one.difference, "{:+.3f}")]
            name = f"{one.arm}, {one.architecture}"
            item = QTreeWidgetItem(self.result, [name, *numbers, *figures, one.verdict])
            for column in range(1, 5):
                item.setTextAlignment(column, right)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self._stale:
            self._refresh()

    # --- what a person does

    def _follow_source(self) -> None:
        number = self.source.currentIndex()
        source = self._sources[number] if 0 <= number < len(self._sources) else None
        before = self.generator.currentText()
        for box in (self.generator, self.classes):
            box.blockSignals(True)
            box.clear()
        for one in source.classes if source else ():
            item = QListWidgetItem(one.name, self.classes)
            item.setCheckState(Qt.CheckState.Checked)
        self.generator.addItems([one.name for one in source.generators] if source else [])
        self.generator.setCurrentIndex(max(0, self.generator.findText(before)))
        for box in (self.generator, self.classes):
            box.blockSignals(False)
        self.show_result(None, self.tr("Not tried yet."))
        if source is not None:
            self.looked.emit(source.item.name)
        self._refresh()

    def _refresh(self) -> None:
        """Previews are made while somebody looks at them."""
        choice = self.choice
        usable = choice is not None and bool(choice.classes) and choice.generator is not None
        for button in (self.dice, self.ask, self.go):
            button.setEnabled(usable)
        self.time.setText(
            self.tr("The source has no generator. Train one on it; a paste takes seconds.")
            if choice is not None and choice.generator is None
            else ""
        )
        self._stale = not self.isVisible()
        if not usable:
            self.grid.show_cells([])
        elif self.isVisible():
            self.wanted.emit(choice)

    def _roll(self) -> None:
        self._seed += 1
        self._refresh()

    def _ask_time(self) -> None:
        self.ask.setEnabled(False)
        self.time.setText(self.tr("A few steps are tried…"))
        self.asked.emit(self.choice, self.form.changes())

    def _start(self) -> None:
        self.start.emit(self.choice, self.form.changes())

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        first, more = QFormLayout(), QFormLayout()
        first.addRow(self.tr("From"), self.source)
        first.addRow(self.tr("Generator"), self.generator)
        first.addRow(self.tr("Classes"), self.classes)
        self.form.add_to(more, FIELDS)
        left = QWidget()
        column = QVBoxLayout(left)
        column.addWidget(self.about)
        column.addLayout(first)
        column.addWidget(self.dice)
        column.addLayout(more)
        column.addWidget(self.ask)
        column.addWidget(self.go)
        column.addWidget(self.time)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(left)
        bar = scroll.verticalScrollBar().sizeHint().width()
        scroll.setMinimumWidth(left.minimumSizeHint().width() + bar)
        head = self.result.header()
        head.setStretchLastSection(True)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        foot, bottom = QWidget(), QHBoxLayout()
        bottom.setContentsMargins(em // 2, em // 4, em // 2, em // 4)
        bottom.addWidget(self.told, 1)
        bottom.addWidget(self.to_report)
        below = QVBoxLayout(foot)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.result, 1)
        below.addLayout(bottom)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.grid)
        right.addWidget(foot)
        right.setSizes([30 * em, 11 * em])
        split = QSplitter()
        split.addWidget(scroll)
        split.addWidget(right)
        split.setSizes([20 * em, 60 * em])
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)


def _told(mean: Mean | None, form: str) -> str:
    """A figure with its interval."""
    if mean is None:
        return "–"
    text = form.format(mean.mean)
    if mean.low is None or mean.high is None:
        return text
    return f"{text} ({form.format(mean.low)} … {form.format(mean.high)})"
