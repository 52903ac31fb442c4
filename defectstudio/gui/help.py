"""What the Help menu does."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from defectstudio.gui.background import Background
from defectstudio.gui.commands import Commands
from defectstudio.gui.dialogs.about import AboutDialog, LogDialog, SystemCheck
from defectstudio.gui.dialogs.guide import GuideWindow


class Help(QObject):
    """Opens the guide, the system check, the log and the rest."""

    def __init__(self, window: QWidget, commands: Commands, files: Background) -> None:
        super().__init__(window)
        self._window, self._commands, self._files = window, commands, files
        self.guide: GuideWindow | None = None

    def show_guide(self) -> None:
        """The user guide; one window of it."""
        if self.guide is None:
            self.guide = GuideWindow(self._window)
        self.guide.show()
        self.guide.raise_()
        self.guide.activateWindow()

    def show_system(self) -> None:
        """The system check."""
        self._commands.ask(SystemCheck(self._files, self._window))

    def show_log(self) -> None:
        """The log."""
        self._commands.ask(LogDialog(self._window))

    def show_about(self) -> None:
        """Name, version and licence."""
        self._commands.ask(AboutDialog(self._window))
