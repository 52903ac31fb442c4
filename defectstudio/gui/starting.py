"""Starting the window, and what happens to errors nobody caught."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from defectstudio.app import logbook
from defectstudio.app.settings import glance
from defectstudio.domain.errors import InternalError
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.theme import Theme
from defectstudio.gui.translation import speak


class Program(QApplication):
    """The program as the desktop sees it."""

    file_asked = Signal(Path)
    """macOS hands a project to the running program: from a file manager, or dropped on the Dock."""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent):
            self.file_asked.emit(Path(event.file()))
            return True
        return super().event(event)


def main(project: Path | None) -> int:
    """Open the window, with a project if one is given. Returns the exit status."""
    app = Program(sys.argv[:1])
    app.setApplicationName("DefectStudio")
    app.setDesktopFileName("defectstudio")
    log = logbook.start()
    speak(app, glance().preferences.language)
    window = MainWindow(Theme(app))
    sys.excepthook = surface(window)
    app.aboutToQuit.connect(window.end_threads)
    for asked in (signal.SIGINT, signal.SIGTERM):
        # Python hears a signal between two of its own steps; the collector's timer makes them.
        signal.signal(asked, lambda *_: app.quit())
    app.file_asked.connect(window.open_path)
    if project is not None:
        window.welcome.show_busy(window.tr("Opening…"))
        window.completing.done.connect(lambda: window.open_path(project))
    window.completing.done.connect(window.prepare)
    window.show()
    status = app.exec()
    logbook.stop(log)
    return status


def surface(
    window: MainWindow,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Show what nobody caught; the window lives on."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        bug = InternalError(f"{kind.__name__}: {error}", remedy="Please report it.")
        bug.add_note("".join(traceback.format_exception(kind, error, trace)))
        window.messages.show_error(bug)

    return hook
