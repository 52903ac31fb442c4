"""Lines over the image that show what a tool is about to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from defectstudio.app.tools.tool import Line

_PEN = 3


class Trace(QGraphicsItem):
    """Dark lines with light dashes, seen on any ground, in image coordinates."""

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._margin = float(_PEN)
        self.setZValue(2)
        self.hide()

    def show_lines(self, lines: Sequence[Line], zoom: float) -> None:
        """Show (row, column) lines; `zoom` in logical pixels a pixel keeps room for the pen."""
        if not lines and not self.isVisible():
            return
        self.prepareGeometryChange()
        self._path, self._margin = QPainterPath(), _PEN / zoom
        for line in lines:
            self._path.addPolygon([QPointF(column, row) for row, column in line])
        self.setVisible(bool(lines))

    def boundingRect(self) -> QRectF:  # noqa: N802
        margin = self._margin
        return self._path.boundingRect().adjusted(-margin, -margin, margin, margin)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for ink, width, style in (
            (QColor(0, 0, 0, 190), 2.2, Qt.PenStyle.SolidLine),
            (QColor(255, 255, 255, 235), 1.2, Qt.PenStyle.DashLine),
        ):
            pen = QPen(ink, width, style)
            pen.setCosmetic(True)
            painter.strokePath(self._path, pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
