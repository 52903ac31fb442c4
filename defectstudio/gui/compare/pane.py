"""A pane of the comparison: one picture, or two with a divider between them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from defectstudio.gui.canvas.layers import Levels
from defectstudio.gui.compare.lens import Lens

_REACH = 8
"""Logical pixels from the divider that still take hold of it."""
_ARROWS = {
    Qt.Key.Key_Left: QPointF(40, 0),
    Qt.Key.Key_Right: QPointF(-40, 0),
    Qt.Key.Key_Up: QPointF(0, 40),
    Qt.Key.Key_Down: QPointF(0, -40),
}
_ZOOMS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}


@dataclass(frozen=True)
class Picture:
    """Levels and what they show, in words."""

    levels: Levels
    name: str


class Pane(QWidget):
    """Looks through the lens it shares. held: whether the key that shows the other is down."""

    held = Signal(bool)

    def __init__(self, lens: Lens) -> None:
        super().__init__()
        self._lens = lens
        lens.changed.connect(self.update)
        self._first: Picture | None = None
        self._second: Picture | None = None
        self.divider: float | None = None
        """The share of the width that shows the first picture; None: all of it."""
        self._drag: QPointF | None = None
        self._moves_divider = False
        self._ground = QColor(Qt.GlobalColor.gray)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(80, 80)

    def show_pictures(self, first: Picture | None, second: Picture | None = None) -> None:
        """The picture, and the one at the divider's right."""
        self._first, self._second = first, second
        names = [one.name for one in (first, second) if one is not None]
        self.setAccessibleName(", ".join(names))
        self.update()

    @property
    def shown(self) -> str:
        """The name of the picture on screen, the first of two."""
        return self._first.name if self._first else ""

    def set_ground(self, colour: QColor) -> None:
        """The colour around the picture."""
        self._ground = colour
        self.update()

    def fit(self) -> None:
        """Show the whole picture."""
        if self._first is not None:
            self._lens.fit(QSizeF(*self._first.levels.size), QSizeF(self.size()))

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._ground)
        edge = self._edge()
        if self._first is not None:
            self._draw(
                painter, self._first, QRectF(0, 0, edge, self.height()), Qt.AlignmentFlag.AlignLeft
            )
        if self._second is not None and self.divider is not None:
            right = QRectF(edge, 0, self.width() - edge, self.height())
            self._draw(painter, self._second, right, Qt.AlignmentFlag.AlignRight)
            for colour, width in ((QColor(0, 0, 0, 160), 4), (QColor("white"), 2)):
                painter.setPen(QPen(colour, width))
                painter.drawLine(QPointF(edge, 0), QPointF(edge, self.height()))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _draw(
        self, painter: QPainter, picture: Picture, area: QRectF, side: Qt.AlignmentFlag
    ) -> None:
        painter.save()
        painter.setClipRect(area)
        scale = self._lens.scale
        painter.translate(self._lens.to_pane(QPointF(0, 0), QSizeF(self.size())))
        painter.scale(scale, scale)
        picture.levels.draw(painter, scale * self.devicePixelRatioF())
        painter.restore()
        self._write(painter, picture.name, area, side)

    def _write(self, painter: QPainter, text: str, area: QRectF, side: Qt.AlignmentFlag) -> None:
        """A name in a corner, white on a dark ground: to be read on any picture."""
        metrics = QFontMetricsF(self.font())
        em = metrics.height()
        tag = QRectF(0, em / 2, metrics.horizontalAdvance(text) + em, 1.5 * em)
        if tag.width() + em > area.width():
            return
        if side == Qt.AlignmentFlag.AlignLeft:
            tag.moveLeft(area.left() + em / 2)
        else:
            tag.moveRight(area.right() - em / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(tag, 4, 4)
        painter.setPen(QColor("white"))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)

    # --- events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._lens.fitted:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self._lens.zoom(event.angleDelta().y() / 120, event.position(), QSizeF(self.size()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._drag = event.position()
        self._moves_divider = self._is_at_divider(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        position = event.position()
        if self._drag is None:
            at_divider = self._is_at_divider(position)
            shape = Qt.CursorShape.SplitHCursor if at_divider else Qt.CursorShape.OpenHandCursor
            self.setCursor(shape)
        elif self._moves_divider:
            self._move_divider(position.x() / max(1, self.width()))
        else:
            self._lens.pan(position - self._drag)
            self._drag = position

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._drag = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key, shift = event.key(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        sideways = {Qt.Key.Key_Left: -0.02, Qt.Key.Key_Right: 0.02}
        if key == Qt.Key.Key_Space:
            self.held.emit(True)
        elif key in sideways and self.divider is not None and not shift:
            self._move_divider(self.divider + sideways[key])
        elif key in _ARROWS:
            self._lens.pan(_ARROWS[key])
        elif key in _ZOOMS:
            self._lens.zoom(_ZOOMS[key], QPointF(self.rect().center()), QSizeF(self.size()))
        elif key == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.held.emit(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QEvent) -> None:  # noqa: N802
        self.held.emit(False)
        super().focusOutEvent(event)

    def _edge(self) -> float:
        return self.width() * (1.0 if self.divider is None else self.divider)

    def _is_at_divider(self, position: QPointF) -> bool:
        return self.divider is not None and abs(position.x() - self._edge()) <= _REACH

    def _move_divider(self, share: float) -> None:
        self.divider = min(1.0, max(0.0, share))
        self.update()
