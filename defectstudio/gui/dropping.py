"""Projects, folders and images dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from defectstudio.app.dropped import Dropped, meaning
from defectstudio.gui.commands import Commands

_DROPS = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)


class Dropping(QObject):
    """Takes what is dropped on `window`, or on parts of it that would keep it for themselves."""

    def __init__(self, window: QWidget, commands: Commands, *parts: QWidget) -> None:
        super().__init__(window)
        self._commands = commands
        for widget in (window, *parts):
            widget.setAcceptDrops(True)
            widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if not isinstance(event, QDropEvent) or event.type() not in _DROPS:
            return False
        dropped = self._meant(event.mimeData())
        if dropped is None:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            if dropped.project is not None:
                self._commands.open_path(dropped.project)
            elif dropped.images is not None:
                self._commands.ask_import(dropped.images)
        return True

    def _meant(self, mime: QMimeData) -> Dropped | None:
        """What can be done with it now; None for nothing."""
        dropped = meaning([Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()])
        if dropped.project is not None:
            return dropped
        return dropped if dropped.images and self._commands.session is not None else None
