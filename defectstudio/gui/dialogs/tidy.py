"""What nothing in the project speaks of any more: a list with sizes, and its removal."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QTreeWidgetItem, QWidget

from defectstudio.domain.words import size
from defectstudio.gui.dialogs.listing import ListingDialog
from defectstudio.project.unused import DEAR, Unused

SHOWN = 200
"""Of each sort; thousands of names tell nothing."""
_SORT = Qt.ItemDataRole.UserRole
_TICKED, _UNTICKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class TidyDialog(ListingDialog):
    """deleted: the sorts that are to go."""

    deleted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        heads = [self.tr("Unused"), self.tr("Number"), self.tr("Size")]
        super().__init__(self.tr("Unused files"), self.tr("Unused files"), heads, parent)
        self._found: list[Unused] = []
        self.table.setRootIsDecorated(True)
        self.table.itemChanged.connect(lambda *_: self._check())
        self.delete_ = QPushButton(self.tr("Delete"))
        self.delete_.setEnabled(False)
        self.delete_.clicked.connect(self._delete)
        self._names = {
            "file": self.tr("Stored files of removed samples and replaced labels"),
            "run": self.tr("Folders of jobs that are gone"),
            "model": self.tr("Folders of models that are gone"),
            "checkpoint": self.tr("Checkpoints of finished trainings"),
            "cache": self.tr("What comparisons can make again"),
            "backup": self.tr("Old backups"),
            "remnant": self.tr("What a killed program left"),
        }
        self.lay_out((self.delete_,), 40)

    def show_unused(self, found: list[Unused]) -> None:
        """Show what can be deleted."""
        self._found = []  # while rows are made
        self.table.clear()
        self.problem.hide()
        sorts: dict[str, list[Unused]] = defaultdict(list)
        for one in found:
            sorts[one.sort].append(one)
        for sort, all_of_it in sorts.items():
            texts = [self._names[sort], str(len(all_of_it)), _sum(all_of_it)]
            row = QTreeWidgetItem(self.table, texts)
            row.setData(0, _SORT, sort)
            row.setCheckState(0, _UNTICKED if sort in DEAR else _TICKED)
            for one in all_of_it[:SHOWN]:
                QTreeWidgetItem(row, [one.path, "", size(one.size)])
            if len(all_of_it) > SHOWN:
                more = self.tr("and {} more").format(len(all_of_it) - SHOWN)
                QTreeWidgetItem(row, [more, "", _sum(all_of_it[SHOWN:])])
        self._found = found
        self._check()

    def show_gone(self, gone: list[Unused]) -> None:
        """That was deleted."""
        self._found = []
        self.table.clear()
        self.note.setText(self.tr("{} are free again.").format(_sum(gone)))

    def show_error(self, error: object) -> None:
        """Nothing was deleted, and why."""
        super().show_error(error)
        self.note.clear()

    def _check(self) -> None:
        """Say what goes with what is ticked."""
        text = self.tr("Nothing is unused: all files are kept.")
        if self._found:
            text = self.tr(
                "{} are ticked. Files younger than an hour are not listed, nor what a sample, a "
                "label, an earlier label, a dataset or a job speaks of."
            ).format(_sum([one for one in self._found if one.sort in self._ticked]))
        self.note.setText(text)
        self.delete_.setEnabled(bool(self._ticked))

    @property
    def _ticked(self) -> set[str]:
        rows = (self.table.topLevelItem(n) for n in range(self.table.topLevelItemCount()))
        return {row.data(0, _SORT) for row in rows if row.checkState(0) is _TICKED}

    def _delete(self) -> None:
        ticked = self._ticked
        self.delete_.setEnabled(False)
        self.note.setText(self.tr("Deleting…"))
        self.deleted.emit(ticked)


def _sum(found: list[Unused]) -> str:
    return size(sum(one.size for one in found))
