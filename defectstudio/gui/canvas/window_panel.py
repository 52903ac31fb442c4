"""Which native values are black and which are white on screen."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.display import Histogram, Window
from defectstudio.gui.fields import roomy

_HANDLE = 4.0


class WindowPanel(QFrame):
    """A histogram with two handles and two numbers. chosen: a Window; reset: the usual one."""

    chosen = Signal(object)
    reset = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("windowPanel")
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.curve = HistogramEdit()
        self.low, self.high = roomy(QSpinBox()), roomy(QSpinBox())
        self.low.setAccessibleName(self.tr("Shown as black"))
        self.high.setAccessibleName(self.tr("Shown as white"))
        again = QPushButton(self.tr("Reset"))
        again.clicked.connect(self.reset)
        row = QHBoxLayout()
        for widget in (QLabel(self.tr("Black")), self.low, QLabel(self.tr("White")), self.high):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(again)
        note = QLabel(self.tr("For the screen only: synthesis and exports keep all values."))
        note.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.addWidget(self.curve)
        layout.addLayout(row)
        layout.addWidget(note)
        self.curve.moved.connect(self._choose)
        for box in (self.low, self.high):
            box.setKeyboardTracking(False)
            box.valueChanged.connect(
                lambda _: self._choose(Window(self.low.value(), self.high.value()))
            )
        self.hide()

    def show_window(self, histogram: Histogram, window: Window) -> None:
        """Show another image's."""
        self.curve.show_histogram(histogram)
        for box in (self.low, self.high):
            box.blockSignals(True)
            box.setRange(histogram.low, histogram.high)
            box.blockSignals(False)
        self._show(window)

    def _choose(self, window: Window) -> None:
        low = min(window.low, self.curve.histogram.high - 1)
        window = Window(low, max(window.high, low + 1))
        self._show(window)
        self.chosen.emit(window)

    def _show(self, window: Window) -> None:
        self.curve.show_window(window)
        for box, value in ((self.low, window.low), (self.high, window.high)):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)


class HistogramEdit(QWidget):
    """Counts on a logarithmic scale and two handles to drag; arrow keys move the last one."""

    moved = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.histogram = Histogram(0, 255, (0,) * 256)
        self._window = Window(0, 255)
        self._held = "low"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Histogram with the limits of black and white"))

    def sizeHint(self) -> QSize:  # noqa: N802
        em = self.fontMetrics().height()
        return QSize(20 * em, 6 * em)

    def show_histogram(self, histogram: Histogram) -> None:
        """Show other counts."""
        self.histogram = histogram
        self.update()

    def show_window(self, window: Window) -> None:
        """Put the handles."""
        self._window = window
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, area = self.palette(), self._area()
        painter.fillRect(area, palette.base())
        faint = palette.placeholderText().color()
        painter.fillPath(self._curve(area), faint)
        painter.setPen(QPen(palette.text().color(), 1.5))
        low, high = self._x(self._window.low), self._x(self._window.high)
        painter.drawLine(QPointF(low, area.bottom()), QPointF(high, area.top()))
        for name, x in (("low", low), ("high", high)):
            held = name == self._held and self.hasFocus()
            painter.setPen(QPen(palette.highlight().color() if held else palette.text().color(), 2))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setBrush(palette.button())
            painter.drawEllipse(QPointF(x, area.bottom()), _HANDLE, _HANDLE)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        x = event.position().x()
        away = {name: abs(self._x(getattr(self._window, name)) - x) for name in ("low", "high")}
        self._held = min(away, key=lambda name: away[name])
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        area, span = self._area(), self.histogram.high - self.histogram.low
        share = (event.position().x() - area.left()) / max(1.0, area.width())
        self._move(round(self.histogram.low + min(1.0, max(0.0, share)) * span))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = max(1, (self.histogram.high - self.histogram.low) // 100)
        ways = {Qt.Key.Key_Left: -step, Qt.Key.Key_Right: step}
        if event.key() in ways:
            self._move(getattr(self._window, self._held) + ways[event.key()])
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._held = "low" if event.key() == Qt.Key.Key_Down else "high"
            self.update()
        else:
            event.ignore()

    def _move(self, value: int) -> None:
        low, high = self._window.low, self._window.high
        lowest, highest = self.histogram.low, self.histogram.high
        if self._held == "low":
            self.moved.emit(Window(min(max(value, lowest), high - 1), high))
        else:
            self.moved.emit(Window(low, max(min(value, highest), low + 1)))

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_HANDLE + 1, 2, -_HANDLE - 1, -_HANDLE - 2)

    def _x(self, value: int) -> float:
        area, span = self._area(), max(1, self.histogram.high - self.histogram.low)
        return area.left() + area.width() * (value - self.histogram.low) / span

    def _curve(self, area: QRectF) -> QPainterPath:
        counts = self.histogram.counts
        most = math.log1p(max(counts)) or 1.0
        path = QPainterPath(area.bottomLeft())
        for number, count in enumerate(counts):
            x = area.left() + area.width() * number / len(counts)
            path.lineTo(x, area.bottom() - area.height() * math.log1p(count) / most)
        path.lineTo(area.bottomRight())
        path.closeSubpath()
        return path
