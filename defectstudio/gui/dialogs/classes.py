"""The classes of an item: what speaks of them; rename, merge, delete."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QTreeWidgetItem, QWidget

from defectstudio.app.classes import ClassUse
from defectstudio.domain.records import DefectClass
from defectstudio.gui.dialogs.listing import ListingDialog
from defectstudio.gui.dialogs.parts import confirm, input_dialog
from defectstudio.gui.panels.style.classes import swatch

_ID = Qt.ItemDataRole.UserRole


class ClassesDialog(ListingDialog):
    """renamed: id, name; merged: id, id of the class that gets the pixels; deleted, restored: an
    id."""

    restored = Signal(int)
    renamed = Signal(int, str)
    merged = Signal(int, int)
    deleted = Signal(int)

    def __init__(self, item: str, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Classes of {}").format(item),
            self.tr("Classes"),
            [self.tr("Class"), self.tr("Images"), self.tr("Samples"), self.tr("Learned by")],
            parent,
        )
        self._uses: list[ClassUse] = []
        self._removed: list[DefectClass] = []
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.rename = QPushButton(self.tr("Rename…"))
        self.merge = QPushButton(self.tr("Merge into…"))
        self.delete_ = QPushButton(self.tr("Delete…"))
        self.restore = QPushButton(self.tr("Bring back…"))
        self.restore.setToolTip(self.tr("A class that was merged or deleted"))
        self.restore.clicked.connect(self._restore)
        self.rename.clicked.connect(self._rename)
        self.merge.clicked.connect(self._merge)
        self.delete_.clicked.connect(self._delete)
        self.table.currentItemChanged.connect(lambda *_: self._check())
        self.lay_out((self.rename, self.merge, self.delete_, self.restore), 40, self.bar)
        self._check()

    def show_uses(self, uses: list[ClassUse], removed: list[DefectClass]) -> None:
        """Show the classes, and those that can be brought back; a change that was under way is
        done."""
        current = self._current
        self._uses, self._removed = uses, removed
        self.bar.hide()
        self.problem.hide()
        self.table.clear()
        for use in uses:
            learned = ", ".join((*use.generators, *use.segmenters))
            texts = [use.defect.name, str(use.images), str(use.samples), learned]
            row = QTreeWidgetItem(self.table, texts)
            row.setData(0, _ID, use.defect.id)
            row.setIcon(0, swatch(use.defect.id))
            if current is not None and use.defect.id == current.defect.id:
                self.table.setCurrentItem(row)
        if self.table.currentItem() is None and uses:
            self.table.setCurrentItem(self.table.topLevelItem(0))
        self._check()

    def show_busy(self, done: int = 0, total: int = 0) -> None:
        """A change is under way."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.show()
        self._check()

    def show_error(self, error: object) -> None:
        """Nothing was changed, and why."""
        self.bar.hide()
        super().show_error(error)
        self._check()

    @property
    def _current(self) -> ClassUse | None:
        row = self.table.currentItem()
        chosen = None if row is None else row.data(0, _ID)
        return next((use for use in self._uses if use.defect.id == chosen), None)

    def _check(self) -> None:
        use = self._current
        free = use is not None and self.bar.isHidden()
        self.rename.setEnabled(free)
        self.merge.setEnabled(free and len(self._uses) > 1)
        self.delete_.setEnabled(free)
        self.restore.setEnabled(bool(self._removed) and self.bar.isHidden())
        if self._uses or use is not None:
            self.note.setText(
                self.tr("Numbers of classes are never used again. Models keep what they learned.")
            )

    def _rename(self) -> None:
        use = self._current
        text = self.tr("Models know the class by its number and go on making it.")
        dialog = input_dialog(
            self,
            self.tr("Rename {}").format(use.defect.name),
            text,
            lambda name: self.renamed.emit(use.defect.id, name),
        )
        dialog.setTextValue(use.defect.name)
        dialog.open()

    def _merge(self) -> None:
        """Choose the other class, then see what is touched."""
        use = self._current
        others = [one for one in self._uses if one is not use]
        names = [one.defect.name for one in others]

        def chosen(name: str) -> None:
            into = others[names.index(name)]
            confirm(
                self,
                self.tr("Merge {} into {}?").format(use.defect.name, name),
                self.tr(
                    "Its pixels become {} in {} images and {} samples, and {} is gone. "
                    "It can be brought back while none of these labels is changed."
                ).format(name, use.images, use.samples, use.defect.name)
                + self._models(use),
                self.tr("Merge"),
                lambda _: self.merged.emit(use.defect.id, into.defect.id),
            )

        title = self.tr("Merge {}").format(use.defect.name)
        dialog = input_dialog(self, title, self.tr("Its pixels become"), chosen)
        dialog.setComboBoxItems(names)
        dialog.open()

    def _restore(self) -> None:
        names = [one.name for one in self._removed]
        dialog = input_dialog(
            self,
            self.tr("Bring a class back"),
            self.tr("Its pixels are its own again, and its samples are back:"),
            lambda name: self.restored.emit(self._removed[names.index(name)].id),
        )
        dialog.setComboBoxItems(names)
        dialog.open()

    def _delete(self) -> None:
        use = self._current
        text = self.tr("Nothing is labeled with it.")
        if use.used:
            text = self.tr(
                "In {} images its pixels become void: neither defect nor background. Those that "
                "show nothing else lose their label, which is kept among the earlier ones. "
                "{} samples that show it are removed. It can be brought back while none of these "
                "labels is changed."
            ).format(use.images, use.samples)
        confirm(
            self,
            self.tr("Delete {}?").format(use.defect.name),
            text + self._models(use),
            self.tr("Delete"),
            lambda _: self.deleted.emit(use.defect.id),
        )

    def _models(self, use: ClassUse) -> str:
        learned = ", ".join((*use.generators, *use.segmenters))
        if not learned:
            return ""
        text = self.tr("Models that learned it stay as they are, but no longer make it here: {}.")
        return "\n\n" + text.format(learned)
