"""What the Help menu does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from defectstudio.app.guide import FIRST
from defectstudio.gui.background import Background
from defectstudio.gui.commands import Commands
from defectstudio.gui.dialogs.about import AboutDialog, LogDialog, SystemCheck
from defectstudio.gui.dialogs.guide import GuideWindow

if TYPE_CHECKING:
    from defectstudio.gui.main_window import MainWindow


class Help(QObject):
    """Opens the guide, the system check, the log and the rest."""

    def __init__(self, window: MainWindow, commands: Commands, files: Background) -> None:
        super().__init__(window)
        self._window, self._commands, self._files = window, commands, files
        self.guide: GuideWindow | None = None

    def show_guide(self) -> None:
        """The user guide, at the page about what is shown; one window of it."""
        if self.guide is None:
            self.guide = GuideWindow(self._window)
        self.guide.show_page(self._topic())
        self.guide.show()
        self.guide.raise_()
        self.guide.activateWindow()

    def _topic(self) -> str:
        """The name of the guide's page about what is shown."""
        window = self._window
        if window.centre.currentWidget() is window.welcome:
            return FIRST[0]
        pages = {
            window.painting: "window",
            window.compare: "blending",
            window.batch: "batches",
            window.review: "batches",
            window.transfer: "transfer",
            window.evaluating: "judging",
        }
        return pages[window.pages.currentWidget()]

    def show_system(self) -> None:
        """The system check."""
        self._commands.ask(SystemCheck(self._files, self._window))

    def show_log(self) -> None:
        """The log."""
        self._commands.ask(LogDialog(self._window))

    def show_about(self) -> None:
        """Name, version and licence."""
        self._commands.ask(AboutDialog(self._window))
