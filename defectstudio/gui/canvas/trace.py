"""Lines and handles over the image that show what a tool is about to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from defectstudio.app.brush import Point
from defectstudio.app.tools.tool import Line

_PEN = 3
_HANDLE = 5
"""Half the side of a handle on screen."""


class Trace(QGraphicsItem):
    """Dark lines with light dashes, seen on any ground, in image coordinates."""

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._handles: list[QPointF] = []
        self._margin = float(_PEN)
        self.setZValue(2)
        self.hide()

    def show_lines(self, lines: Sequence[Line], zoom: float, handles: Sequence[Point] = ()) -> None:
        """Show (row, column) lines and handles on them; `zoom` in logical pixels a pixel keeps
        room for the pen."""
        if not lines and not self.isVisible():
            return
        self.prepareGeometryChange()
        self._path, self._margin = QPainterPath(), (_HANDLE + _PEN if handles else _PEN) / zoom
        self._handles = [QPointF(column, row) for row, column in handles]
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
        self._draw_handles(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_handles(self, painter: QPainter) -> None:
        """Of one size at every zoom."""
        places = [painter.worldTransform().map(place) for place in self._handles]
        painter.save()
        painter.resetTransform()
        painter.setPen(QPen(QColor(0, 0, 0, 220), 1.5))
        painter.setBrush(QColor(255, 255, 255))
        for place in places:
            painter.drawEllipse(place, _HANDLE, _HANDLE)
        painter.restore()
