"""The plan of a batch as a table: class, number, backgrounds."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.batch_plan import MOST, PlanLine
from defectstudio.gui.dialogs.parts import verb_buttons
from defectstudio.gui.fields import as_high_as_its_rows, icon_button, roomy

_EACH = 10
_ANY, _REGIONS, _CHOOSE = "any", "regions", "choose"


class PlanTable(QWidget):
    """changed: the plan, or which of its rows is the current one."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._classes: tuple[str, ...] = ()
        self._backgrounds: tuple[str, ...] = ()
        self._with_region: tuple[str, ...] = ()
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(
            [self.tr("Class"), self.tr("Number"), self.tr("Backgrounds")]
        )
        self.table.setAccessibleName(self.tr("Plan of the batch"))
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.add = icon_button("plus", self.tr("Add a row"))
        self.remove = icon_button("remove", self.tr("Remove the row"))
        self.total = QLabel()
        self.total.setProperty("role", "muted")
        self.add.clicked.connect(self._add_next)
        self.remove.clicked.connect(self._remove)
        self.table.currentCellChanged.connect(lambda *_: self.changed.emit())
        self.changed.connect(self._tell)
        self._lay_out()

    @property
    def lines(self) -> tuple[PlanLine, ...]:
        """The plan."""
        return tuple(self._line(row) for row in range(self.table.rowCount()))

    @property
    def current_class(self) -> str:
        """The class of the current row, that of the first where none is."""
        row = max(0, self.table.currentRow())
        return self._line(row).class_name if self.table.rowCount() else ""

    def offer(
        self, classes: tuple[str, ...], backgrounds: tuple[str, ...], with_region: tuple[str, ...]
    ) -> None:
        """What can be planned. Rows of classes that are gone go; an empty plan gets all classes.

        It is told again with every change of the project: the other rows keep their editors, which
        someone may be typing into.
        """
        before, known = self.lines, (self._classes, self._backgrounds, self._with_region)
        self._classes, self._backgrounds = classes, backgrounds
        self._with_region = with_region
        kept = [line for line in before if line.class_name in classes]
        if not kept or len(kept) < len(before):
            self.show_lines(kept or [PlanLine(name, _EACH) for name in classes])
            return
        if known != (classes, backgrounds, with_region):
            for row, line in enumerate(kept):
                self._fill(row, line)
        self.changed.emit()

    def show_lines(self, lines: list[PlanLine]) -> None:
        """Show another plan. Classes and backgrounds that cannot be used are left out."""
        row = self.table.currentRow()
        self.blockSignals(True)
        self.table.setRowCount(0)
        for line in lines:
            if line.class_name in self._classes:
                self._insert(line)
        self.table.setCurrentCell(min(max(row, 0), self.table.rowCount() - 1), 0)
        self.blockSignals(False)
        self.changed.emit()

    def choose_backgrounds(self, row: int, names: tuple[str, ...]) -> None:
        """Let a row use these backgrounds only."""
        box = self.table.cellWidget(row, 2)
        with QSignalBlocker(box):
            self._choose(box, names)
        self.changed.emit()

    def _add_next(self) -> None:
        """A row of the first class that has none."""
        used = {line.class_name for line in self.lines}
        free = [name for name in self._classes if name not in used]
        if self._classes:
            self._insert(PlanLine((free or self._classes)[0], _EACH))
            self.table.setCurrentCell(self.table.rowCount() - 1, 0)
            self.changed.emit()

    def _remove(self) -> None:
        row = max(0, self.table.currentRow())
        self.table.blockSignals(True)
        self.table.removeRow(row)
        self.table.blockSignals(False)
        self.table.setCurrentCell(min(row, self.table.rowCount() - 1), 0)
        self.changed.emit()

    def _insert(self, line: PlanLine) -> None:
        row = self.table.rowCount()
        self.table.blockSignals(True)  # until the row has its editors
        self.table.insertRow(row)
        classes = QComboBox()
        classes.setAccessibleName(self.tr("Class of row {}").format(row + 1))
        number = roomy(QSpinBox())
        number.setRange(1, MOST)
        number.setValue(line.count)
        number.setAccessibleName(self.tr("Number of row {}").format(row + 1))
        grounds = QComboBox()
        grounds.setAccessibleName(self.tr("Backgrounds of row {}").format(row + 1))
        for column, editor in enumerate((classes, number, grounds)):
            editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.table.setCellWidget(row, column, editor)
        self.table.blockSignals(False)
        self._fill(row, line)
        self.table.resizeRowToContents(row)
        classes.currentIndexChanged.connect(lambda _: self.changed.emit())
        number.valueChanged.connect(lambda _: self.changed.emit())
        grounds.currentIndexChanged.connect(lambda _: self.changed.emit())
        grounds.activated.connect(lambda _: self._on_grounds(grounds))

    def _fill(self, row: int, line: PlanLine) -> None:
        """Offer a row what can be chosen now, and choose what its line says."""
        classes, grounds = self.table.cellWidget(row, 0), self.table.cellWidget(row, 2)
        with QSignalBlocker(classes), QSignalBlocker(grounds):
            classes.clear()
            classes.addItems(self._classes)
            classes.setCurrentText(line.class_name)
            grounds.clear()
            grounds.addItem(self.tr("any ({})").format(len(self._backgrounds)), _ANY)
            grounds.addItem(self.tr("with a region ({})").format(len(self._with_region)), _REGIONS)
            grounds.addItem(self.tr("choose…"), _CHOOSE)
            grounds.model().item(1).setEnabled(bool(self._with_region))
            names = tuple(name for name in line.backgrounds if name in self._backgrounds)
            if names and names == self._with_region:
                grounds.setCurrentIndex(1)
            elif names:
                self._choose(grounds, names)

    def _choose(self, box: QComboBox, names: tuple[str, ...]) -> None:
        box.setItemText(box.findData(_CHOOSE), self.tr("{} chosen…").format(len(names)))
        box.setProperty("names", list(names))
        box.setCurrentIndex(box.findData(_CHOOSE))

    def _on_grounds(self, box: QComboBox) -> None:
        if box.currentData() == _CHOOSE:
            rows = range(self.table.rowCount())
            row = next(n for n in rows if self.table.cellWidget(n, 2) is box)
            dialog = BackgroundChooser(self._backgrounds, set(box.property("names") or ()), self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.accepted.connect(lambda: self.choose_backgrounds(row, dialog.chosen))
            dialog.open()

    def _line(self, row: int) -> PlanLine:
        classes, number, grounds = (self.table.cellWidget(row, n) for n in range(3))
        names: tuple[str, ...] = ()
        if grounds.currentData() == _REGIONS:
            names = self._with_region
        elif grounds.currentData() == _CHOOSE:
            names = tuple(grounds.property("names") or ())
        return PlanLine(classes.currentText(), number.value(), names)

    def _tell(self) -> None:
        total = sum(line.count for line in self.lines)
        self.total.setText(self.tr("{} samples").format(total))
        self.remove.setEnabled(self.table.rowCount() > 1)
        self.add.setEnabled(bool(self._classes))

    def _lay_out(self) -> None:
        as_high_as_its_rows(self.table, 16)
        below = QHBoxLayout()
        below.addWidget(self.add)
        below.addWidget(self.remove)
        below.addStretch(1)
        below.addWidget(self.total)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addLayout(below)


class BackgroundChooser(QDialog):
    """Which backgrounds a row of the plan uses."""

    def __init__(self, names: tuple[str, ...], chosen: set[str], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Choose backgrounds"))
        self.search, self.list = QLineEdit(), QListWidget()
        self.search.setPlaceholderText(self.tr("Filter by name"))
        self.list.setAccessibleName(self.tr("Backgrounds"))
        self.search.setClearButtonEnabled(True)
        for name in names:
            item = QListWidgetItem(name, self.list)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            on = name in chosen
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self.search.textChanged.connect(self._filter)
        buttons, self.go = verb_buttons(self.tr("Use these"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.list.itemChanged.connect(lambda _: self.go.setEnabled(bool(self.chosen)))
        self.go.setEnabled(bool(self.chosen))
        layout = QVBoxLayout(self)
        for part in (self.search, self.list, buttons):
            layout.addWidget(part)
        em = self.fontMetrics().height()
        self.resize(22 * em, 26 * em)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names ticked."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return tuple(one.text() for one in items if one.checkState() == Qt.CheckState.Checked)

    def _filter(self, text: str) -> None:
        wanted = text.casefold().strip()
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setHidden(wanted not in item.text().casefold())
