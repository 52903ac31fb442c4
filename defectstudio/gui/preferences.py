"""What the settings do: the look, the keys, autosave, undo, workers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from defectstudio.app.keymap import KeyMap, key_map, with_keys
from defectstudio.app.settings import Preferences, Settings, change, load
from defectstudio.domain.errors import SettingError
from defectstudio.gui.dialogs.key_map import KeyMapDialog
from defectstudio.gui.dialogs.keys import KeySheet
from defectstudio.gui.dialogs.palette import CommandPalette
from defectstudio.gui.dialogs.settings import SettingsDialog
from defectstudio.gui.session import Session

if TYPE_CHECKING:
    from defectstudio.gui.main_window import MainWindow

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Customs(QObject):
    """Applies what a person prefers to the window, and asks for it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._environment = {name: os.environ.get(name) for name in _THREADS}
        loaded = load()
        settings = loaded.settings
        if loaded.note:
            window.messages.show_note(loaded.note)
        self.preferences = settings.preferences
        self.keys = key_map(settings)
        self._apply()
        window.actions_.show_keys(self.keys)

    def apply_to(self, session: Session) -> None:
        """Give an open project what concerns it."""
        session.documents.autosave = 1000 * self.preferences.autosave_seconds
        session.studio.history.hold(self.preferences.undo_megabytes << 20)

    def ask_settings(self) -> None:
        """The settings dialog."""
        dialog = SettingsDialog(self.preferences, self._window)
        self._ask(dialog, lambda: self._prefer(dialog.preferences))

    def ask_keys(self) -> None:
        """The key map."""
        dialog = KeyMapDialog(self.keys, self._window)
        self._ask(dialog, lambda: self._use_keys(dialog.keys))

    def show_keys(self) -> None:
        """The key sheet."""
        self._window.commands.ask(KeySheet(self.keys, self._window))

    def ask_command(self) -> None:
        """The command palette."""
        dialog = CommandPalette(self._window.actions_, self._window)
        self._ask(dialog, lambda: dialog.chosen and dialog.chosen.trigger())

    def release(self) -> None:
        """Leave the process's environment as it was found."""
        for name, value in self._environment.items():
            _set(name, value)

    def _prefer(self, preferences: Preferences) -> None:
        if self._store(lambda old: replace(old, preferences=preferences)):
            self.preferences = preferences
            self._apply()

    def _use_keys(self, keys: KeyMap) -> None:
        if self._store(lambda old: with_keys(old, keys)):
            self.keys = keys
            self._window.actions_.show_keys(keys)

    def _apply(self) -> None:
        self._window.theme.choose(self.preferences.theme)
        threads = self.preferences.threads
        for name, value in self._environment.items():
            _set(name, str(threads) if threads else value)
        if self._window.session is not None:
            self.apply_to(self._window.session)

    def _store(self, edit: Callable[[Settings], Settings]) -> bool:
        try:
            change(edit)
        except SettingError as error:
            self._window.messages.show_error(error)
            return False
        return True

    def _ask(self, dialog: QDialog, accepted: Callable[[], object]) -> None:
        self._window.commands.ask(dialog, accepted)


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
