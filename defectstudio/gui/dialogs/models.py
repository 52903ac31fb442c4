"""The trained models of an item: rename, delete, hand on as ONNX."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.models import ModelUse
from defectstudio.gui.dialogs.parts import confirm, hint, input_dialog
from defectstudio.gui.telling import in_words

_KEY = Qt.ItemDataRole.UserRole


class ModelsDialog(QDialog):
    """renamed: sort, name, new name; deleted: sort, name; exported: name of a segmenter, file."""

    renamed = Signal(str, str, str)
    deleted = Signal(str, str)
    exported = Signal(str, Path)

    def __init__(self, item: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Models of {}").format(item))
        self._uses: list[ModelUse] = []
        self.table = QTreeWidget()
        self.table.setAccessibleName(self.tr("Models"))
        self.table.setRootIsDecorated(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setHeaderLabels(
            [self.tr("Name"), self.tr("Kind"), self.tr("Size"), self.tr("Classes"),
             self.tr("Samples")]
        )  # fmt: skip
        header = self.table.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.note, self.problem = hint(self.tr("Reading…")), QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.rename = QPushButton(self.tr("Rename…"))
        self.export = QPushButton(self.tr("Export as ONNX…"))
        self.delete_ = QPushButton(self.tr("Delete…"))
        self.rename.clicked.connect(self._rename)
        self.export.clicked.connect(self._export)
        self.delete_.clicked.connect(self._delete)
        self.table.currentItemChanged.connect(lambda *_: self._check())
        self._lay_out()
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
            size = self.tr("{:.1f} MB").format(use.size / 1e6)
            texts = [use.name, f"{sort} · {use.kind}", size, ", ".join(use.classes), made]
            row = QTreeWidgetItem(self.table, texts)
            row.setData(0, _KEY, (use.sort, use.name))
        if uses:
            self.table.setCurrentItem(self.table.topLevelItem(max(0, min(kept, len(uses) - 1))))
        self._check()

    def show_error(self, error: object) -> None:
        """Nothing was changed, and why."""
        self.problem.setText(in_words(error))
        self.problem.show()

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

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        side = QHBoxLayout()
        for button in (self.rename, self.export, self.delete_):
            button.setAutoDefault(False)
            side.addWidget(button)
        side.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        side.addWidget(close)
        layout = QVBoxLayout(self)
        for part in (self.table, self.note, self.problem):
            layout.addWidget(part)
        layout.addLayout(side)
        self.resize(46 * em, 22 * em)
