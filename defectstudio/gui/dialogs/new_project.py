"""Make a project: its folder and its first item."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from defectstudio.gui.dialogs.parts import PathEdit, hint, verb_buttons


class NewProjectDialog(QDialog):
    """Asks for the folder the project goes into, its name and the name of its first item."""

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("New project"))
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("for example gear housings"))
        self.item = QLineEdit()
        self.item.setPlaceholderText(self.tr("for example housing A"))
        self.parent_folder = PathEdit(self.tr("Where the project's folder is made"))
        self.parent_folder.show_path(folder)
        form = QFormLayout()
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("In folder"), self.parent_folder)
        form.addRow(self.tr("First item"), self.item)
        buttons, self.create = verb_buttons(self.tr("Create project"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(
            hint(self.tr("An item is one product whose images belong together. More can follow."))
        )
        layout.addWidget(buttons)
        self.setMinimumWidth(32 * self.fontMetrics().height())
        self.name.textChanged.connect(self._check)
        self.item.textChanged.connect(self._check)
        self.parent_folder.changed.connect(self._check)
        self._check()

    @property
    def root(self) -> Path:
        """The project's folder."""
        folder = self.parent_folder.path or Path.home()
        return folder / self.name.text().strip()

    @property
    def item_name(self) -> str:
        """The first item's name."""
        return self.item.text().strip()

    def _check(self) -> None:
        name = self.name.text().strip()
        plain = name not in ("", ".", "..") and Path(name).name == name
        self.create.setEnabled(
            plain and bool(self.item_name) and self.parent_folder.path is not None
        )
