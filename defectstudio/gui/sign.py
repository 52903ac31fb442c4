"""Small widgets that draw themselves."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget


class Sign(QWidget):
    """A drawing, drawn anew whenever the palette changes."""

    def __init__(self, side: int, shown: QIcon) -> None:
        super().__init__()
        self.setFixedSize(side, side)
        self._icon = shown

    def show_icon(self, shown: QIcon) -> None:
        """Draw another one."""
        self._icon = shown
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()


class OneLine(QLabel):
    """A muted text on one line; an ellipsis stands for what finds no room."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(2 * self.fontMetrics().height(), super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(self.rect(), int(self.alignment()), shown)
        painter.end()
