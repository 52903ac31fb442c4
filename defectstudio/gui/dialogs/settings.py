"""The settings dialog, made from the declaration of the preferences."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.settings import Preferences
from defectstudio.gui.dialogs.form import DataForm
from defectstudio.gui.dialogs.parts import hint, verb_buttons
from defectstudio.gui.translation import localized

_NOOP = QT_TRANSLATE_NOOP
_WORDS: dict[str, tuple[str, str]] = {
    "theme": (_NOOP("", "Look"), _NOOP("", "Light or dark; images are never touched by it.")),
    "language": (_NOOP("", "Language"), _NOOP("", "Used when the program starts next.")),
    "autosave_seconds": (
        _NOOP("", "Save after (seconds)"),
        _NOOP("", "How soon what is painted is saved. Strokes survive a crash in any case."),
    ),
    "undo_megabytes": (
        _NOOP("", "Memory for undo (MB)"),
        _NOOP("", "The last 200 steps are kept whatever they need."),
    ),
    "device": (
        _NOOP("", "Device for jobs"),
        _NOOP("", "What new trainings are offered first. Previews are computed on the CPU."),
    ),
    "threads": (
        _NOOP("", "Threads of a job"),
        _NOOP("", "0: all cores but one, which is left to the window. For jobs that start now."),
    ),
}
_CHOICES = {
    "system": _NOOP("", "As the system"),
    "light": _NOOP("", "Light"),
    "dark": _NOOP("", "Dark"),
    "auto": _NOOP("", "Automatic"),
    "cpu": "CPU",
    "cuda": "CUDA",
    "en": "English",
    "de": "Deutsch",
    "zh_CN": "简体中文",
}


class SettingsDialog(QDialog):
    """Every preference with a word of explanation, a search, and the way back to defaults."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        em = self.fontMetrics().height()
        self._before = preferences
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search settings"))
        self.search.setAccessibleName(self.tr("Search settings"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self._list, self._rows = QVBoxLayout(), {}
        self._list.setSpacing(round(0.9 * em))
        self._list.setContentsMargins(em // 2, em // 2, em // 2, em // 2)
        inner, area = QWidget(), QScrollArea()
        inner.setLayout(self._list)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inner)
        buttons, _ = verb_buttons(self.tr("Save settings"))
        defaults = QPushButton(self.tr("Defaults"))
        buttons.addButton(defaults, buttons.ButtonRole.ResetRole)
        defaults.clicked.connect(lambda: self._fill(Preferences()))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._nothing = hint(self.tr("No setting has such a word."))
        self._nothing.hide()
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self._nothing)
        layout.addWidget(area, 1)
        layout.addWidget(buttons)
        self.resize(36 * em, 36 * em)
        self._fill(preferences)

    @property
    def preferences(self) -> Preferences:
        """What is chosen in the dialog."""
        return replace(self._before, **self.form.values())

    def _fill(self, preferences: Preferences) -> None:
        while (old := self._list.takeAt(0)) is not None:
            if old.widget() is not None:
                old.widget().deleteLater()
        self.form = DataForm(Preferences, preferences)
        self._rows = {name: self._row(name, editor) for name, editor in self.form.editors.items()}
        for row in self._rows.values():
            self._list.addWidget(row)
        self._list.addStretch(1)
        self._filter(self.search.text())

    def _row(self, name: str, editor: QWidget) -> QWidget:
        title, explained = (localized(text) for text in _WORDS[name])
        if isinstance(editor, QComboBox):
            for index in range(editor.count()):
                editor.setItemText(index, localized(_CHOICES[editor.itemData(index)]))
        editor.setAccessibleName(title)
        editor.setMinimumWidth(9 * self.fontMetrics().height())
        label = QLabel(title)
        label.setBuddy(editor)
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(label, 0, 0)
        grid.addWidget(editor, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(hint(explained), 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        row.setProperty("words", f"{title} {explained} {name}".casefold())
        return row

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        hits = [row for row in self._rows.values() if _has(row.property("words"), words)]
        for row in self._rows.values():
            row.setVisible(row in hits)
        self._nothing.setVisible(not hits)


def _has(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)
