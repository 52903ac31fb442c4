"""The brush's outline under the pointer."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

_PICTURED = 300
"""Up to so many screen pixels the ring is drawn once and copied: an ellipse takes ten times as
long."""
_INKS = ((QColor(0, 0, 0, 170), 2.6), (QColor(255, 255, 255, 230), 1.2))


class BrushRing(QGraphicsItem):
    """A dark and a light circle, seen on any ground. Its size is in image pixels."""

    def __init__(self) -> None:
        super().__init__()
        self._radius = 8.0
        self._margin = 2.0
        self._picture: tuple[tuple[float, float], QPixmap] | None = None
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
        world = painter.worldTransform()
        radius, ratio = self._radius * world.m11(), painter.device().devicePixelRatioF()
        if 2 * radius * ratio > _PICTURED:
            _draw(painter, QPointF(0, 0), self._radius)
            return
        if self._picture is None or self._picture[0] != (radius, ratio):
            self._picture = (radius, ratio), _pictured(radius, ratio)
        picture = self._picture[1]
        corner = world.map(QPointF(0, 0)) - QPointF(*[picture.width() / ratio / 2] * 2)
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(corner, picture)
        painter.restore()


def _pictured(radius: float, ratio: float) -> QPixmap:
    """The ring alone, in the middle of a square."""
    side = math.ceil(2 * ratio * (radius + 2))
    picture = QPixmap(side, side)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _draw(painter, QPointF(side / ratio / 2, side / ratio / 2), radius)
    painter.end()
    return picture


def _draw(painter: QPainter, centre: QPointF, radius: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in _INKS:
        pen = QPen(ink, width)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawEllipse(centre, radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
