"""A grid of small previews: a row a class, a column a background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from defectstudio.app.transferring import Cell
from defectstudio.gui.panels.style.classes import swatch

_PICTURE = Qt.ItemDataRole.UserRole
_SIDE_EM = 8


class PreviewGrid(QTableWidget):
    """Cells wait, show a picture, or say why there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Defects on the target's backgrounds"))
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setItemDelegate(_Pictures(self))
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setCornerButtonEnabled(False)
        self.setWordWrap(True)
        side = _SIDE_EM * self.fontMetrics().height()
        for head in (self.horizontalHeader(), self.verticalHeader()):
            head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            head.setDefaultSectionSize(side)

    def show_cells(self, rows: list[list[Cell]]) -> None:
        """Fill the grid; what has no place says so at once."""
        self.clear()
        self.setRowCount(len(rows))
        self.setColumnCount(len(rows[0]) if rows else 0)
        if not rows:
            return
        self.setHorizontalHeaderLabels([cell.background.name for cell in rows[0]])
        for row, cells in enumerate(rows):
            head = QTableWidgetItem(cells[0].defect_class.name)
            head.setIcon(swatch(cells[0].defect_class.id))
            self.setVerticalHeaderItem(row, head)
            for column, cell in enumerate(cells):
                self.setItem(row, column, QTableWidgetItem())
                text = self.tr("Refused: {}").format(cell.refusal) if cell.refusal else "…"
                self.show_text(row, column, text)

    def show_text(self, row: int, column: int, text: str) -> None:
        """Say why there is no picture, or that it is waited for."""
        item = self.item(row, column)
        if item is not None:
            item.setData(_PICTURE, None)
            item.setText(text)
            item.setToolTip(text)

    def show_picture(self, row: int, column: int, pixels: NDArray[np.uint8]) -> None:
        """pixels: (h, w, 3) RGB."""
        item = self.item(row, column)
        if item is None:
            return
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        item.setData(_PICTURE, QPixmap.fromImage(image))
        class_name = self.verticalHeaderItem(row).text()
        item.setToolTip(f"{class_name}, {self.horizontalHeaderItem(column).text()}")
        item.setText("")


class _Pictures(QStyledItemDelegate):
    """A picture as large as its cell, else the text in the middle."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        room = option.rect.adjusted(4, 4, -4, -4)
        painter.fillRect(room, option.palette.color(QPalette.ColorRole.Base))
        picture: QPixmap | None = index.data(_PICTURE)
        if picture is None:
            painter.setPen(option.palette.color(QPalette.ColorRole.Text))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room.adjusted(4, 4, -4, -4), flags, str(index.data()))
            return
        ratio = painter.device().devicePixelRatioF()
        scaled = picture.scaled(
            room.size() * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        size = QSize(round(scaled.width() / ratio), round(scaled.height() / ratio))
        place = QRect(room.topLeft(), size)
        place.moveCenter(room.center())
        painter.drawPixmap(place, scaled)
