"""Bringing the window what its first page does not need, once that page can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from defectstudio.gui.main_window import MainWindow

_ASSEMBLY = "defectstudio.gui.assembly"


class Completing(QObject):
    """Imports on a thread, then builds one part a turn of the event loop: the window answers
    meanwhile. done: all is there."""

    done = Signal()
    _imported = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._thread = Thread(target=self._import, name="imports")
        self._parts: Iterator[None] | None = None
        self.is_done = False
        self._imported.connect(self._step, Qt.ConnectionType.QueuedConnection)

    def begin(self) -> None:
        """Let it happen."""
        if self._thread.ident is None:
            self._thread.start()

    def finish(self) -> None:
        """Do all that is left now."""
        self.begin()
        self._thread.join()
        while not self.is_done:
            self._build()

    def _import(self) -> None:
        try:
            import_module(_ASSEMBLY)
        finally:
            # What fails here fails again on the window's thread, where it is shown.
            self._imported.emit()

    def _step(self) -> None:
        if not self.is_done:
            self._build()
            QTimer.singleShot(0, self._step)

    def _build(self) -> None:
        if self._parts is None:
            self._parts = import_module(_ASSEMBLY).assemble(self._window)
        if next(self._parts, self) is self:
            self.is_done = True
            self.done.emit()
