"""A look below the overlays while their key is held."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QWidget

HELD_S = 0.3


class Peek(QObject):
    """A key of the action that is let go of late takes back what it did when it was pressed."""

    def __init__(self, canvas: QWidget, action: QAction) -> None:
        super().__init__(canvas)
        self._action = action
        self._since: float | None = None
        action.setAutoRepeat(False)
        action.triggered.connect(self._begin)
        canvas.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.FocusOut:
            self._since = None
        elif (
            event.type() == QEvent.Type.KeyRelease
            and isinstance(event, QKeyEvent)
            and not event.isAutoRepeat()
            and self._since is not None
        ):
            held, self._since = monotonic() - self._since, None
            if held > HELD_S:
                self._action.trigger()
                self._since = None
        return False

    def _begin(self) -> None:
        self._since = monotonic()
