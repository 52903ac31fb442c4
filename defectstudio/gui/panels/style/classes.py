"""The class that is painted."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
)

from defectstudio.app.palette import class_colour
from defectstudio.app.studio import Studio
from defectstudio.gui.panels.style.parts import Section

_KEY = Qt.ItemDataRole.UserRole + 1
_MOST_ROWS = 8


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


class ClassSection(Section):
    """added: the name of a class to add."""

    added = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__(self.tr("Class"))
        self._studio = studio
        em = self.fontMetrics().height()
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Class"))
        self.list.setItemDelegate(ClassDelegate(self.list))
        self.list.setIconSize(QSize(em, em))
        self.list.currentRowChanged.connect(self._on_row)
        self.add = QToolButton()
        self.add.setText("+")
        self.add.setToolTip(self.tr("Add a class"))
        self.add.clicked.connect(self._ask)
        self.head.addWidget(self.add)
        self.content.addWidget(self.list)

    def refresh(self) -> None:
        """Show the classes and which one is chosen."""
        self.list.blockSignals(True)
        self._fill()
        ids = [defect.id for defect in self._studio.classes]
        if self._studio.class_id in ids:
            self.list.setCurrentRow(ids.index(self._studio.class_id))
        self.list.blockSignals(False)

    def choose_number(self, number: int) -> None:
        """Choose the n-th class, from 0."""
        if number < self.list.count():
            self.list.setCurrentRow(number)

    def _fill(self) -> None:
        wanted = [(defect.id, defect.name) for defect in self._studio.classes]
        rows = [self.list.item(row) for row in range(self.list.count())]
        if [row.data(Qt.ItemDataRole.UserRole) for row in rows] == wanted:
            return
        self.list.clear()
        for number, (class_id, name) in enumerate(wanted, start=1):
            row = QListWidgetItem(swatch(class_id, 32), name)
            row.setData(Qt.ItemDataRole.UserRole, (class_id, name))
            row.setData(_KEY, str(number) if number <= 9 else "")
            self.list.addItem(row)
        shown = min(_MOST_ROWS, max(1, self.list.count()))
        height = self.list.sizeHintForRow(0) if self.list.count() else 20
        self.list.setFixedHeight(shown * height + 4)

    def _on_row(self, row: int) -> None:
        if row >= 0:
            self._studio.choose_class(self._studio.classes[row].id)

    def _ask(self) -> None:
        name, agreed = QInputDialog.getText(
            self, self.tr("Add a class"), self.tr("Name of the defect class:")
        )
        if agreed and name.strip():
            self.added.emit(name.strip())


def swatch(class_id: int, side: int) -> QIcon:
    """A round patch of a class's colour; an empty ring for background (0)."""
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if class_id:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*class_colour(class_id)))
    else:
        painter.setPen(QPen(QColor(*class_colour(255)), side / 10))
    painter.drawEllipse(2, 2, side - 4, side - 4)
    painter.end()
    made = QIcon(pixmap)
    # A chosen row must not tint the colour that stands for the class.
    made.addPixmap(pixmap, QIcon.Mode.Selected)
    return made
