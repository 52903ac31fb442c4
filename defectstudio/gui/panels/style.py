"""The right panel: class, style, generator, blend, preview, accept."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QSpinBox,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.palette import class_colour
from defectstudio.app.studio import Studio
from defectstudio.domain.recipe import BlendMode, BlendSettings, GrainSettings
from defectstudio.domain.records import GeneratorRecord
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.icons import icon
from defectstudio.gui.previews import State

_KEY = Qt.ItemDataRole.UserRole + 1
_ON_ACCENT = QPalette.ColorRole.HighlightedText
_MODE_NAMES: dict[str, str] = {
    "improved": "Improved Poisson",
    "poisson": "Poisson",
    "alpha": "Alpha",
}
_MODE_TIPS: dict[str, str] = {
    "improved": "Smooth seam, keeps the defect's own contrast",
    "poisson": "Smooth seam, contrast follows the background",
    "alpha": "Pasted with a soft edge, colours unchanged",
}


class ClassDelegate(QStyledItemDelegate):
    """A row with the class's key at its right."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(option.rect.adjusted(0, 0, -8, 0), side, index.data(_KEY))


class SeedBox(QSpinBox):
    """A seed; Enter ends the typing and does not accept the sample."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(0, (1 << 31) - 1)
        self.setKeyboardTracking(False)
        # The style sheet's padding does not reach the text of a spin box.
        self.lineEdit().setTextMargins(4, 0, 0, 0)

    def event(self, event: QEvent) -> bool:
        enters = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in enters
        ):
            event.accept()
            return True
        return super().event(event)


MOST_POLISH, POLISH_STEP = 100, 10
"""What the window offers of `recipe.Defect.polish`."""


class StylePanel(QWidget):
    """Shows and changes the studio's choices. class_added: the name of a class to add."""

    class_added = Signal(str)

    def __init__(self, studio: Studio, actions: ActionBook) -> None:
        super().__init__()
        self._studio = studio
        self._filling = False
        self.classes = QListWidget()
        self.classes.setAccessibleName(self.tr("Class"))
        self.classes.setItemDelegate(ClassDelegate(self.classes))
        self.classes.currentRowChanged.connect(self._on_class)
        self.seed = SeedBox()
        self.seed.setAccessibleName(self.tr("Style seed"))
        self.seed.valueChanged.connect(self._on_seed)
        self.generators = QComboBox()
        self.generators.setAccessibleName(self.tr("Generator"))
        self.generators.activated.connect(self._on_generator)
        self.mode = self._mode_box()
        self.retention = QSlider(Qt.Orientation.Horizontal)
        self.retention.setRange(0, 5)
        self.retention.setAccessibleName(self.tr("Retention in pixels"))
        self.retention.valueChanged.connect(self._on_blend)
        self._retained = QLabel()
        self.grain = QSlider(Qt.Orientation.Horizontal)
        self.grain.setRange(0, 100)
        self.grain.setAccessibleName(self.tr("Grain in percent"))
        self.grain.setToolTip(self.tr("How much of the background's noise the defect is given"))
        self.grain.valueChanged.connect(self._on_grain)
        self._grained = QLabel()
        self.polish = QSlider(Qt.Orientation.Horizontal)
        self.polish.setRange(0, MOST_POLISH // POLISH_STEP)
        self.polish.setAccessibleName(self.tr("Refine, in steps"))
        self.polish.setToolTip(
            self.tr("Steps that move the pixels nearer to the reference: takes seconds")
        )
        self.polish.valueChanged.connect(self._on_polish)
        self._polished = QLabel()
        self._state = QLabel()
        self._state.setProperty("role", "muted")
        self._state.setWordWrap(True)
        self.accept = QPushButton(icon("accept", _ON_ACCENT), self.tr("Accept sample"))
        self.accept.setProperty("primary", True)
        self.accept.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.accept.clicked.connect(actions["sample.accept"].trigger)
        self.accept.setToolTip(actions["sample.accept"].toolTip())
        self._lay_out(actions)

    def show_generators(self, generators: list[GeneratorRecord]) -> None:
        """Fill the generator selector; the studio's choice stays if it is there."""
        self._filling = True
        self.generators.clear()
        for record in generators:
            self.generators.addItem(record.name, record)
        self.generators.setEnabled(bool(generators))
        if not generators:
            self.generators.addItem(self.tr("none yet – train one"), None)
        chosen = self._studio.generator
        hashes = [record.sha256 for record in generators]
        if chosen is None or chosen.sha256 not in hashes:
            self._studio.choose_generator(generators[-1] if generators else None)
        self._filling = False
        self.refresh()

    def refresh(self) -> None:
        """Show the studio's choices."""
        studio = self._studio
        self._filling = True
        self._fill_classes()
        has_class = studio.class_id > 0
        self.seed.setEnabled(has_class)
        if has_class:
            self.seed.setValue(studio.styles.seed(studio.class_id))
        if studio.generator is not None:
            hashes = [
                self.generators.itemData(row).sha256
                for row in range(self.generators.count())
                if self.generators.itemData(row) is not None
            ]
            if studio.generator.sha256 in hashes:
                self.generators.setCurrentIndex(hashes.index(studio.generator.sha256))
        self.mode.setCurrentIndex(self.mode.findData(studio.blend.mode))
        self.retention.setValue(studio.blend.retention_px)
        self.retention.setEnabled(studio.blend.mode == "improved")
        self._retained.setText(f"{studio.blend.retention_px} px")
        percent = round(100 * studio.grain.strength)
        self.grain.setValue(percent)
        self._grained.setText(f"{percent} %")
        self.polish.setValue(studio.polish // POLISH_STEP)
        self._polished.setText(str(studio.polish))
        self._looks.setRowVisible(self._looks.rowCount() - 1, studio.can_polish)
        self._filling = False

    def show_state(self, state: State, took: int) -> None:
        """Say where the preview stands."""
        document = self._studio.document
        texts = {
            State.NOTHING: self.tr("Paint on a normal image to see a preview."),
            State.WAITING: self.tr("Preview is being made…"),
            State.SHOWN: self.tr("Preview made in {} ms").format(took),
            State.FAILED: self.tr("The preview failed; see the message above."),
        }
        if document is not None and not document.is_background:
            self._state.setText(self.tr("A real defect: painting corrects its label."))
        else:
            self._state.setText(texts[state])
        self.accept.setEnabled(state in (State.WAITING, State.SHOWN))

    def choose_number(self, number: int) -> None:
        """Choose the n-th class, from 0."""
        if number < self.classes.count():
            self.classes.setCurrentRow(number)

    def _lay_out(self, actions: ActionBook) -> None:
        em = self.fontMetrics().height()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(em * 2 // 3, em // 3, em * 2 // 3, em * 2 // 3)
        layout.setSpacing(em // 2)
        add = QToolButton()
        add.setText("+")
        add.setToolTip(self.tr("Add a class"))
        add.clicked.connect(self._ask_class)
        layout.addLayout(_row(_heading(self.tr("Class")), None, add))
        self.classes.setIconSize(QSize(em, em))
        layout.addWidget(self.classes)
        layout.addWidget(_rule())
        layout.addWidget(_heading(self.tr("Style")))
        dice, lock = QToolButton(), QToolButton()
        dice.setDefaultAction(actions["style.roll"])
        lock.setDefaultAction(actions["style.lock"])
        for button in (dice, lock):
            button.setIconSize(QSize(round(1.3 * em), round(1.3 * em)))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout.addLayout(_row(QLabel(self.tr("Seed")), self.seed, dice, lock))
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Generator"), self.generators)
        layout.addLayout(form)
        layout.addWidget(_rule())
        layout.addWidget(_heading(self.tr("Blend")))
        layout.addWidget(self.mode)
        self._looks = QFormLayout()
        self._looks.addRow(self.tr("Retention"), _row(self.retention, self._retained))
        self._looks.addRow(self.tr("Grain"), _row(self.grain, self._grained))
        self._looks.addRow(self.tr("Refine"), _row(self.polish, self._polished))
        layout.addLayout(self._looks)
        layout.addStretch(1)
        layout.addWidget(self._state)
        layout.addWidget(self.accept)

    def _mode_box(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(self.tr("Blend mode"))
        for mode in get_args(BlendMode):
            box.addItem(self.tr(_MODE_NAMES[mode]), mode)
            box.setItemData(box.count() - 1, self.tr(_MODE_TIPS[mode]), Qt.ItemDataRole.ToolTipRole)
        box.activated.connect(self._on_blend)
        return box

    def _fill_classes(self) -> None:
        wanted = [(defect.id, defect.name) for defect in self._studio.classes]
        rows = [self.classes.item(row) for row in range(self.classes.count())]
        if [row.data(Qt.ItemDataRole.UserRole) for row in rows] != wanted:
            self.classes.clear()
            for number, (class_id, name) in enumerate(wanted, start=1):
                row = QListWidgetItem(swatch(class_id, 32), name)
                row.setData(Qt.ItemDataRole.UserRole, (class_id, name))
                row.setData(_KEY, str(number) if number <= 9 else "")
                self.classes.addItem(row)
            self._fit_classes()
        ids = [class_id for class_id, _ in wanted]
        if self._studio.class_id in ids:
            self.classes.setCurrentRow(ids.index(self._studio.class_id))

    def _fit_classes(self) -> None:
        """As high as the classes need, up to eight rows."""
        rows = min(8, max(1, self.classes.count()))
        height = self.classes.sizeHintForRow(0) if self.classes.count() else 20
        self.classes.setFixedHeight(rows * height + 4)

    def _on_class(self, row: int) -> None:
        if not self._filling and row >= 0:
            self._studio.choose_class(self._studio.classes[row].id)

    def _on_seed(self, seed: int) -> None:
        if not self._filling:
            self._studio.choose_seed(seed)

    def _on_generator(self) -> None:
        if not self._filling:
            self._studio.choose_generator(self.generators.currentData())

    def _on_blend(self) -> None:
        if not self._filling:
            blend: BlendSettings = replace(
                self._studio.blend,
                mode=self.mode.currentData(),
                retention_px=self.retention.value(),
            )
            self._studio.choose_blend(blend)

    def _on_grain(self) -> None:
        if not self._filling:
            self._studio.choose_grain(GrainSettings(self.grain.value() / 100))

    def _on_polish(self) -> None:
        if not self._filling:
            self._studio.choose_polish(POLISH_STEP * self.polish.value())

    def _ask_class(self) -> None:
        name, agreed = QInputDialog.getText(
            self, self.tr("Add a class"), self.tr("Name of the defect class:")
        )
        if agreed and name.strip():
            self.class_added.emit(name.strip())


def swatch(class_id: int, side: int) -> QIcon:
    """A round patch of a class's colour."""
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*class_colour(class_id)))
    painter.drawEllipse(2, 2, side - 4, side - 4)
    painter.end()
    made = QIcon(pixmap)
    # A chosen row must not tint the colour that stands for the class.
    made.addPixmap(pixmap, QIcon.Mode.Selected)
    return made


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    return rule


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget, 1 if isinstance(widget, QSlider | QSpinBox) else 0)
    return row
