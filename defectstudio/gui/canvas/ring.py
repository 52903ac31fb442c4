"""The brush's outline under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget


class BrushRing(QGraphicsItem):
    """A dark and a light circle, seen on any ground. Its size is in image pixels."""

    def __init__(self) -> None:
        super().__init__()
        self._radius = 8.0
        self._margin = 2.0
        self.setZValue(1)
        self.hide()

    def place(self, centre: QPointF, diameter: float, zoom: float) -> None:
        """Move to image coordinates; `zoom` in logical pixels a pixel keeps room for the pen."""
        radius, margin = diameter / 2, 2 / zoom
        if (radius, margin) != (self._radius, self._margin):
            self.prepareGeometryChange()
            self._radius, self._margin = radius, margin
        self.setPos(centre)

    def boundingRect(self) -> QRectF:  # noqa: N802
        reach = self._radius + self._margin
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, width in ((QColor(0, 0, 0, 170), 2.6), (QColor(255, 255, 255, 230), 1.2)):
            pen = QPen(ink, width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawEllipse(QPointF(0, 0), self._radius, self._radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
