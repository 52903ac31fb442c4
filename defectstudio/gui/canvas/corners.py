"""What lies over the corners of the canvas: an overview of the image and a scale."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsView, QWidget

from defectstudio.app.scale import bar_of
from defectstudio.gui.canvas.item import CanvasItem

_LONGEST, _SHORTEST = 170, 28
_GROUND, _INK = QColor(20, 20, 20, 190), QColor(255, 255, 255)
_LATER_MS = 250
_GAP = 10


class Corners(QObject):
    """Overview and scale of a canvas, each shown where it is wanted and of use.

    They are the viewport's children and scroll with it until `follow` puts them back: beside it,
    or put back between two scrolls, they would make Qt draw anew what only moves.
    """

    def __init__(self, view: QGraphicsView, item: CanvasItem) -> None:
        super().__init__(view)
        self._view, self._item = view, item
        self.minimap, self.scale_bar = Minimap(view, item), ScaleBar(view.viewport())
        self._wanted = {self.minimap, self.scale_bar}

    def show_minimap(self, wanted: bool) -> None:
        """Show the overview while parts of the image are out of sight, or never."""
        self._want(self.minimap, wanted)

    def show_scale_bar(self, wanted: bool) -> None:
        """Show the scale, or do not."""
        self._want(self.scale_bar, wanted)

    def calibrate(self, pixel_size_mm: float | None) -> None:
        """What a pixel measures; None when it is not known."""
        self.scale_bar.pixel_size_mm = pixel_size_mm
        self.follow()

    def change_image(self) -> None:
        """The item shows another image."""
        self.minimap.fit_image()
        self.follow()

    def follow(self) -> None:
        """The view was moved, zoomed or resized."""
        rect = self._item.boundingRect()
        image = self._view.mapFromScene(rect).boundingRect()
        port = self._view.viewport().rect()
        bar, overview = self.scale_bar, self.minimap
        bar.setVisible(bar in self._wanted and not rect.isEmpty())
        overview.setVisible(
            overview in self._wanted and not rect.isEmpty() and not port.contains(image)
        )
        if not bar.isHidden():
            bar.show_scale(self._view.transform().m11())
        if overview.isVisible():
            overview.update()
        size = port.size()
        bar.move(_GAP, size.height() - bar.height() - _GAP)
        overview.move(
            size.width() - overview.width() - _GAP, size.height() - overview.height() - _GAP
        )

    def _want(self, widget: QWidget, wanted: bool) -> None:
        self._wanted = self._wanted | {widget} if wanted else self._wanted - {widget}
        self.follow()


class Minimap(QWidget):
    """The whole image small, with a frame around what is on screen. moved: a place to show."""

    moved = Signal(QPointF)

    def __init__(self, view: QGraphicsView, item: CanvasItem) -> None:
        super().__init__(view.viewport())
        self._view, self._item = view, item
        self.setAccessibleName(self.tr("Overview"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self._look_again)
        self._picture: QPixmap | None = None
        self.hide()

    def fit_image(self) -> None:
        """Take the image's shape, within bounds: a line scan gets a strip one can hit."""
        self._picture = None
        rect = self._item.boundingRect()
        longest = max(rect.width(), rect.height(), 1)
        sides = (
            max(_SHORTEST, side * _LONGEST / longest) for side in (rect.width(), rect.height())
        )
        self.resize(QSize(*(round(side) for side in sides)))

    def painted(self) -> None:
        """Something was painted: show it soon, not with every event."""
        if not self.isVisible():
            self._picture = None
        elif not self._later.isActive():
            self._later.start()

    def _look_again(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        rect = self._item.boundingRect()
        if rect.isEmpty():
            return
        across, down = self.width() / rect.width(), self.height() / rect.height()
        if self._picture is None:
            self._picture = self._drawn(across, down)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        seen = self._view.mapToScene(self._view.viewport().rect()).boundingRect() & rect
        frame = QRectF(
            seen.x() * across, seen.y() * down, seen.width() * across, seen.height() * down
        )
        frame = frame.adjusted(0, 0, max(0, 3 - frame.width()), max(0, 3 - frame.height()))
        for ink, width in ((QColor(0, 0, 0), 3), (_INK, 1)):
            painter.setPen(QPen(ink, width))
            painter.drawRect(frame.adjusted(0.5, 0.5, -1.5, -1.5))
        painter.setPen(QPen(_GROUND, 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _drawn(self, across: float, down: float) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        painter.scale(across, down)
        self._item.draw_small(painter, max(across, down) * ratio)
        painter.end()
        return picture

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        rect = self._item.boundingRect()
        place = event.position()
        self.moved.emit(
            QPointF(
                place.x() / self.width() * rect.width(), place.y() / self.height() * rect.height()
            )
        )


class ScaleBar(QWidget):
    """A bar of a round length, in millimetres where a pixel's size is known."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.pixel_size_mm: float | None = None
        self._length, self._text = 0.0, ""
        self.hide()

    @property
    def text(self) -> str:
        """The length that is written at the bar."""
        return self._text

    def show_scale(self, scale: float) -> None:
        """Show so many logical screen pixels an image pixel."""
        pixels, self._text = bar_of(120 / max(scale, 1e-9), self.pixel_size_mm)
        self._length = pixels * scale
        metrics = QFontMetricsF(self.font())
        width = max(self._length, metrics.horizontalAdvance(self._text)) + 14
        self.resize(math.ceil(width), math.ceil(metrics.height()) + 12)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), _GROUND)
        painter.setPen(QPen(_INK, 2))
        left, bottom = (self.width() - self._length) / 2, self.height() - 5
        painter.drawLine(QPointF(left, bottom), QPointF(left + self._length, bottom))
        for end in (left, left + self._length):
            painter.drawLine(QPointF(end, bottom - 4), QPointF(end, bottom))
        above = self.rect().adjusted(0, 1, 0, -8)
        painter.drawText(above, Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()
