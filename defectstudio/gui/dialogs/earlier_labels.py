"""What the label of an image was before, to be restored."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from defectstudio.domain.records import EarlierLabel, Role
from defectstudio.gui.dialogs.parts import hint, verb_buttons


class EarlierLabelsDialog(QDialog):
    """Newest first; `chosen` is the one to restore."""

    def __init__(self, name: str, labels: list[EarlierLabel], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Earlier labels of {}").format(name))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Earlier labels"))
        for label in labels:
            item = QListWidgetItem(self._line(label), self.list)
            item.setData(Qt.ItemDataRole.UserRole, label)
        buttons, self.go = verb_buttons(self.tr("Restore"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.list.currentRowChanged.connect(lambda row: self.go.setEnabled(row >= 0))
        self.list.itemDoubleClicked.connect(lambda _: self.accept())
        self.go.setEnabled(False)
        layout = QVBoxLayout(self)
        layout.addWidget(
            hint(
                self.tr("The present label is kept too and can be restored in turn.")
                if labels
                else self.tr("This label was never another one.")
            )
        )
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)
        em = self.fontMetrics().height()
        self.resize(28 * em, 18 * em)
        self.list.setCurrentRow(0)

    @property
    def chosen(self) -> EarlierLabel:
        """The one that is marked."""
        return self.list.currentItem().data(Qt.ItemDataRole.UserRole)

    def _line(self, label: EarlierLabel) -> str:
        until = datetime.fromisoformat(label.until).astimezone()
        made = label.source or self.tr("imported")
        if label.role is Role.NORMAL:
            what = self.tr("normal, no label")
        else:
            what = self.tr("defect") if label.label_file else self.tr("defect, no label")
        return self.tr("until {}: {}, {}").format(f"{until:%Y-%m-%d %H:%M}", what, made)
