"""The place where bars tell of something: over the window, so that nothing moves for them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLayout, QMainWindow, QToolBar, QVBoxLayout, QWidget

_NARROWEST_EM = 36


class Notices(QWidget):
    """Bars beside the buttons of the tool bar, or below the menus where there is none."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._bar: QToolBar | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        window.installEventFilter(self)

    def add(self, bar: QWidget) -> None:
        """A bar more, below the others."""
        self._column.addWidget(bar)

    def stand_beside(self, bar: QToolBar) -> None:
        """Keep to the room that the buttons of this tool bar leave."""
        self._bar = bar
        bar.installEventFilter(self)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        kinds = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)
        if event.type() in kinds:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        em = self.fontMetrics().height()
        left, top = 0, self._window.menuBar().geometry().bottom() + 1
        bar = self._bar
        if bar is not None and bar.isVisible():
            buttons = [bar.widgetForAction(action).geometry().right() for action in bar.actions()]
            left, top = bar.x() + max(buttons) + em, bar.y()
        right = self._window.width()
        width = right - max(0, min(left, right - _NARROWEST_EM * em))
        height = self._column.totalSizeHint().height()
        if self._column.hasHeightForWidth():
            height = self._column.totalHeightForWidth(width)
        self.setGeometry(right - width, top, width, height)
        self.raise_()
