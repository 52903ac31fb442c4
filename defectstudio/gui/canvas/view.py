"""The canvas: zoom at the pointer, pan, and drags handed to a tool."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QMargins, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QEnterEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
    QTabletEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from defectstudio.app.label_plane import LEVELS
from defectstudio.app.tools.tool import Pointer, Tool
from defectstudio.gui.canvas.corners import Corners
from defectstudio.gui.canvas.item import CanvasItem
from defectstudio.gui.canvas.layers import steady
from defectstudio.gui.canvas.ring import BrushRing
from defectstudio.gui.canvas.trace import Trace

MAX_ZOOM = 64.0
MIN_ZOOM = 1 / 256
_STEP = 1.25
_MARGIN = 24
_ROOM = QMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
_SOON_MS = 40
"""Nobody reads faster; what is told with every move would be felt in the stroke."""
_PEN_DOWN = frozenset({QEvent.Type.TabletPress, QEvent.Type.TabletMove})


class CanvasView(QGraphicsView):
    """Zoom is in device pixels per image pixel.

    hovered: row and column under the pointer, (-1, -1) outside, soon; zoomed: the new zoom;
    brush_dragged: a diameter asked for by an Alt drag.
    """

    hovered = Signal(float, float)
    zoomed = Signal(float)
    brush_dragged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setScene(QGraphicsScene(self))
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.item = CanvasItem(self._show_paint)
        self.ring, self.trace = BrushRing(), Trace()
        for item in (self.item, self.ring, self.trace):
            self.scene().addItem(item)
        self.corners = Corners(self, self.item)
        self.corners.minimap.moved.connect(self._centre)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Canvas"))
        self._tool: Tool | None = None
        self._eraser: Tool | None = None
        self._active: Tool | None = None
        self._panned_from: QPoint | None = None
        self._resized_from: tuple[QPointF, int] | None = None
        self._space = False
        self._fitted = False
        self._anchor: tuple[QPointF, QPointF] | None = None
        self._diameter = 12
        self._pressure = 1.0
        self._pointed = QPointF()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._tell_hovered)

    # --- what others set

    def set_tools(self, tool: Tool | None, eraser: Tool | None) -> None:
        """The tool of the left button, and what the right button and Ctrl do."""
        self.cancel()
        self._tool, self._eraser = tool, eraser
        self._show_cursor()

    def set_diameter(self, diameter: int) -> None:
        """The brush's size for the ring, in image pixels."""
        self._diameter = diameter
        position = self.mapFromGlobal(QCursor.pos()).toPointF()
        self._place_ring(position, self._to_image(position))

    def set_ground(self, colour: QColor) -> None:
        """The colour around the image."""
        self.setBackgroundBrush(colour)

    def image_changed(self) -> None:
        """Call after the item shows another image: it is fitted."""
        rect = self.item.boundingRect()
        reach = max(rect.width(), rect.height(), 1) * 2 + 4096
        self.setSceneRect(rect.adjusted(-reach, -reach, reach, reach))
        self.fit()
        self.corners.change_image()

    def cancel(self) -> None:
        """Take back the drag under way, or what waits to be completed."""
        active, self._active = self._active or self._tool, None
        self._resized_from = None
        if active is not None:
            active.cancel()
        self.show_trace()

    def show_trace(self) -> None:
        """Show what the tool is about to do."""
        tool = self._active or self._tool
        lines, handles = (tool.lines(), tool.handles()) if tool else ((), ())
        self.trace.show_lines(lines, self.transform().m11(), handles)

    # --- zoom

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self.transform().m11() * self.devicePixelRatioF()

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom, keeping what is under `at` (viewport coordinates; None: the centre) in place.

        Scroll bars know whole pixels only: repeated zooming at one place goes by the point first
        met there, or the rounding would add up.
        """
        at = QPointF(self.viewport().rect().center()) if at is None else at
        if self._anchor is None or self._anchor[0] != at:
            self._anchor = at, self._to_image(at)
        kept = self._anchor
        self._scale(zoom)
        self._scroll(self.viewportTransform().map(kept[1]) - at)
        self._fitted, self._anchor = False, kept

    def fit(self) -> None:
        """Show the whole image, small ones at a whole multiple of their pixels."""
        rect = self.item.boundingRect()
        room = self.viewport().size().shrunkBy(_ROOM)
        if rect.isEmpty() or room.isEmpty():
            return
        zoom = min(room.width() / rect.width(), room.height() / rect.height())
        self._show(rect, self._comfortable(zoom * self.devicePixelRatioF()))
        self._fitted = True

    def fit_width(self) -> None:
        """Show the image's whole width, from its top."""
        rect = self.item.boundingRect()
        room = self.viewport().size().shrunkBy(_ROOM)
        if not rect.isEmpty() and not room.isEmpty():
            self._show(rect, room.width() / rect.width() * self.devicePixelRatioF())
            above = self.viewportTransform().map(rect.topLeft()).y() - _MARGIN
            self._scroll(QPointF(0, above))
            self._fitted = False

    def full_size(self) -> None:
        """One device pixel an image pixel."""
        self.set_zoom(1.0)

    def _comfortable(self, zoom: float) -> float:
        return float(math.floor(zoom)) if 2 <= zoom < 8 else min(zoom, 8.0)

    def _show(self, rect: QRectF, zoom: float) -> None:
        self._scale(zoom)
        middle = QPointF(self.viewport().rect().center())
        self._scroll(self.viewportTransform().map(rect.center()) - middle)

    def _scale(self, zoom: float) -> None:
        zoom = steady(min(MAX_ZOOM, max(MIN_ZOOM, zoom)), LEVELS)
        scale = zoom / self.devicePixelRatioF()
        self.setTransform(QTransform.fromScale(scale, scale))
        self.zoomed.emit(self.zoom)

    def _scroll(self, by: QPointF) -> None:
        self._anchor = None
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + round(by.x()))
        down.setValue(down.value() + round(by.y()))
        self.corners.follow()

    def _centre(self, place: QPointF) -> None:
        middle = QPointF(self.viewport().rect().center())
        self._scroll(self.viewportTransform().map(place) - middle)
        self._fitted = False

    def _show_paint(self) -> None:
        self.corners.minimap.painted()

    def _to_image(self, position: QPointF) -> QPointF:
        inverse, _ = self.viewportTransform().inverted()
        return inverse.map(position)

    # --- events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._fitted:
            self.fit()
        self.corners.follow()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        # With Alt held, Qt reports the wheel as turned sideways.
        steps = (event.angleDelta().y() or event.angleDelta().x()) / 120
        keys, tool = event.modifiers(), self._tool
        if keys != Qt.KeyboardModifier.NoModifier and tool and tool.takes_wheel and tool.pending:
            tool.turn(steps, rotate=bool(keys & Qt.KeyboardModifier.AltModifier))
            self.show_trace()
        else:
            self.set_zoom(self.zoom * _STEP**steps, event.position())
            self._hover(event.position(), self._to_image(event.position()))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        # A pen's events are left to Qt, which makes mouse events of them.
        if isinstance(event, QTabletEvent):
            self._pressure = event.pressure() if event.type() in _PEN_DOWN else 1.0
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        left, right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
        keys = event.modifiers()
        if self._active is not None or self._tool is None or self._eraser is None:
            return
        if event.button() == Qt.MouseButton.MiddleButton or (
            self._space and event.button() == left
        ):
            self._panned_from = event.position().toPoint()
            self._show_cursor()
        elif event.button() == left and keys & Qt.KeyboardModifier.AltModifier:
            self._resized_from = (event.position(), self._diameter)
        elif event.button() in (left, right):
            erase = event.button() == right or bool(keys & Qt.KeyboardModifier.ControlModifier)
            self._active = self._eraser if erase else self._tool
            self._active.start(self._pointer(event, self._to_image(event.position())))
            self.show_trace()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        position = event.position()
        if self._panned_from is not None:
            self._scroll(QPointF(self._panned_from) - position)
            self._panned_from = position.toPoint()
        elif self._resized_from is not None:
            start, diameter = self._resized_from
            drawn = (position.x() - start.x()) / max(self.transform().m11(), 1e-9)
            self.brush_dragged.emit(max(1, round(diameter + drawn)))
            return
        place = self._to_image(position)
        if self._panned_from is None:
            self._guide(self._pointer(event, place))
        self._hover(position, place)

    def _guide(self, pointer: Pointer) -> None:
        if self._active is not None:
            self._active.move(pointer)
            self.show_trace()
        elif self._tool is not None and self._tool.pending:
            self._tool.hover(pointer)
            self.show_trace()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        if self._panned_from is not None:
            self._panned_from = None
            self._show_cursor()
        elif self._resized_from is not None:
            self._resized_from = None
        elif self._active is not None:
            active, self._active = self._active, None
            active.end()
            self.show_trace()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._tool is not None and self._tool.pending:
            self._tool.double()
            self.show_trace()
        else:
            self.mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        # A tool's keys go before the actions they mean at other times.
        if event.type() == QEvent.Type.ShortcutOverride and self._takes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancel()
        elif self._tool is not None and self._takes(event):
            self._tool.press(_key_name(event))
            self.show_trace()
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
        else:
            event.ignore()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        self._show_cursor()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.ring.hide()
        self._soon.stop()
        self.hovered.emit(-1, -1)
        super().leaveEvent(event)

    def _takes(self, event: QKeyEvent) -> bool:
        tool = self._tool
        return tool is not None and tool.pending and _key_name(event) in tool.keys

    # --- pointer

    def _pointer(self, event: QMouseEvent, place: QPointF) -> Pointer:
        straight = Qt.KeyboardModifier.ShiftModifier in event.modifiers()
        return Pointer(place.y(), place.x(), straight, self._pressure, self.transform().m11())

    def _hover(self, position: QPointF, place: QPointF) -> None:
        self._place_ring(position, place)
        self._pointed = place
        if not self._soon.isActive():
            self._soon.start()

    def _tell_hovered(self) -> None:
        place = self._pointed
        inside = self.item.boundingRect().contains(place)
        self.hovered.emit(*((place.y(), place.x()) if inside else (-1.0, -1.0)))

    def _place_ring(self, position: QPointF, place: QPointF) -> None:
        shown = self._tool is not None and self._tool.shows_ring and not self._space
        if shown and self.viewport().rect().contains(position.toPoint()):
            self.ring.place(place, self._diameter, self.transform().m11())
            self.ring.show()
        else:
            self.ring.hide()

    def _show_cursor(self) -> None:
        if self._panned_from is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        else:
            shape = Qt.CursorShape.CrossCursor
        self.viewport().setCursor(shape)


def _key_name(event: QKeyEvent) -> str:
    """The portable name of a key with its modifiers; both Enter keys are "Enter"."""
    if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return "Enter"
    return QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
