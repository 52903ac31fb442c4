"""The trained models of an item: rename, delete, hand on as ONNX."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QPushButton, QTreeWidgetItem, QWidget

from defectstudio.app.models import ModelUse
from defectstudio.domain.words import size
from defectstudio.gui.dialogs.listing import ListingDialog
from defectstudio.gui.dialogs.parts import confirm, input_dialog

_KEY = Qt.ItemDataRole.UserRole


class ModelsDialog(ListingDialog):
    """renamed: sort, name, new name; deleted: sort, name; exported: name of a segmenter, file."""

    renamed = Signal(str, str, str)
    deleted = Signal(str, str)
    exported = Signal(str, Path)

    def __init__(self, item: str, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Models of {}").format(item),
            self.tr("Models"),
            [self.tr("Name"), self.tr("Kind"), self.tr("Size"), self.tr("Classes"),
             self.tr("Samples")],
            parent,
        )  # fmt: skip
        self._uses: list[ModelUse] = []
        self.rename = QPushButton(self.tr("Rename…"))
        self.export = QPushButton(self.tr("Export as ONNX…"))
        self.delete_ = QPushButton(self.tr("Delete…"))
        self.rename.clicked.connect(self._rename)
        self.export.clicked.connect(self._export)
        self.delete_.clicked.connect(self._delete)
        self.table.currentItemChanged.connect(lambda *_: self._check())
        self.lay_out((self.rename, self.export, self.delete_), 46)
        self._check()

    def show_uses(self, uses: list[ModelUse]) -> None:
        """Show the models; a change that was under way is done."""
        kept = self.table.indexOfTopLevelItem(self.table.currentItem())
        self._uses = uses
        self.problem.hide()
        self.note.setText("" if uses else self.tr("No model yet: train a generator or segmenter."))
        self.table.clear()
        for use in uses:
            sort = self.tr("Generator") if use.sort == "generator" else self.tr("Segmenter")
            made = str(use.samples) if use.sort == "generator" else ""
            kind, classes = f"{sort} · {use.kind}", ", ".join(use.classes)
            texts = [use.name, kind, size(use.size), classes, made]
            row = QTreeWidgetItem(self.table, texts)
            row.setData(0, _KEY, (use.sort, use.name))
        if uses:
            self.table.setCurrentItem(self.table.topLevelItem(max(0, min(kept, len(uses) - 1))))
        self._check()

    @property
    def _current(self) -> ModelUse | None:
        row = self.table.currentItem()
        chosen = None if row is None else row.data(0, _KEY)
        return next((use for use in self._uses if (use.sort, use.name) == chosen), None)

    def _check(self) -> None:
        use = self._current
        self.rename.setEnabled(use is not None)
        self.delete_.setEnabled(use is not None)
        self.export.setEnabled(use is not None and use.sort == "segmenter")

    def _rename(self) -> None:
        use = self._current
        title, label = self.tr("Rename {}").format(use.name), self.tr("Its new name:")
        dialog = input_dialog(
            self, title, label, lambda name: self.renamed.emit(use.sort, use.name, name)
        )
        dialog.setTextValue(use.name)
        dialog.open()

    def _export(self) -> None:
        use = self._current
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export as ONNX"), f"{use.name}.onnx", "ONNX (*.onnx)"
        )
        if name:
            self.exported.emit(use.name, Path(name))

    def _delete(self) -> None:
        use = self._current
        text = self.tr("Its files are removed from the project. This cannot be undone.")
        if use.samples:
            made = self.tr(
                "{} samples made with it stay, but nobody can make them again from their recipes."
            )
            text += "\n\n" + made.format(use.samples)
        confirm(
            self,
            self.tr("Delete {}?").format(use.name),
            text,
            self.tr("Delete"),
            lambda _: self.deleted.emit(use.sort, use.name),
        )
