"""A drawing as a widget."""

from __future__ import annotations

from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget


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
