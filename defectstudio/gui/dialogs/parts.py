"""What several dialogs are built of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QWidget,
)

from defectstudio.app.settings import load
from defectstudio.domain.device import Device


def may(parent: QWidget, question: str, what_follows: str, verb: str) -> bool:
    """Ask before something is given up. The button says the verb, Cancel is the default."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setText(question)
    box.setInformativeText(what_follows)
    go = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    return box.clickedButton() is go


def confirm(
    parent: QWidget, question: str, what_follows: str, verb: str, go: Callable[..., object]
) -> None:
    """Ask as `may` does without waiting; `go` is called when a person agrees."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setText(question)
    box.setInformativeText(what_follows)
    yes = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(cancel)
    yes.clicked.connect(go)
    box.open()
    cancel.setFocus()


def input_dialog(
    parent: QWidget, title: str, label: str, go: Callable[[str], object]
) -> QInputDialog:
    """A question for one text, to be opened; `go` is told the answer."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    dialog.textValueSelected.connect(go)
    return dialog


class PathEdit(QWidget):
    """A path to type or to choose, from the folder `start` on while none is entered. `changed`
    comes with every change of the text."""

    changed = Signal()

    def __init__(self, caption: str, *, file_filter: str = "", start: Path | None = None) -> None:
        super().__init__()
        self._caption, self._filter, self._start = caption, file_filter, start or Path.home()
        self.edit = QLineEdit()
        self.edit.textChanged.connect(lambda _: self.changed.emit())
        browse = QPushButton(self.tr("Browse…"))
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.edit, 1)
        row.addWidget(browse)
        self.setFocusProxy(self.edit)

    @property
    def path(self) -> Path | None:
        """What is entered, None when nothing is."""
        text = self.edit.text().strip()
        return Path(text).expanduser() if text else None

    def show_path(self, path: Path) -> None:
        """Enter a path."""
        self.edit.setText(str(path))

    def _browse(self) -> None:
        start = str(self.path or self._start)
        if self._filter:
            chosen, _ = QFileDialog.getOpenFileName(self, self._caption, start, self._filter)
        else:
            # Not only folders: a folder of pictures would look empty.
            chosen = QFileDialog.getExistingDirectory(
                self, self._caption, start, QFileDialog.Option(0)
            )
        if chosen:
            self.edit.setText(chosen)


class _Buttons(QDialogButtonBox):
    """Its default button is the dialog's."""

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """A button that became the default before it was in the dialog is told so again: else the
        dialog takes the first button that it finds."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ParentChange:
            for button in self.findChildren(QPushButton):
                if button.isDefault():
                    button.setDefault(False)
                    button.setDefault(True)


def verb_buttons(verb: str) -> tuple[QDialogButtonBox, QPushButton]:
    """A button that says what happens, the one that Enter presses, and Cancel."""
    box = _Buttons(QDialogButtonBox.StandardButton.Cancel)
    button = box.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
    button.setProperty("primary", True)
    button.setDefault(True)
    return box, button


def device_box() -> QComboBox:
    """The devices a training may run on, the preferred one chosen."""
    box = QComboBox()
    for device in get_args(Device):
        box.addItem(device, device)
    box.setCurrentText(load().settings.preferences.device)
    return box


def hint(text: str) -> QLabel:
    """A muted line of explanation."""
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label
