"""A table, what can be done to its row below it, and what went wrong: several dialogs are one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)

from defectstudio.gui.dialogs.parts import hint
from defectstudio.gui.telling import in_words


class ListingDialog(QDialog):
    """table: one row chosen at a time; note: a word on all; problem: why nothing was changed."""

    def __init__(self, title: str, name: str, heads: Sequence[str], parent: QWidget | None) -> None:
        """name: what the table is called aloud."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.table = QTreeWidget()
        self.table.setAccessibleName(name)
        self.table.setRootIsDecorated(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setHeaderLabels(heads)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.note, self.problem = hint(self.tr("Reading…")), QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()

    def show_error(self, error: object) -> None:
        """Nothing was changed, and why."""
        self.problem.setText(in_words(error))
        self.problem.show()

    def lay_out(self, buttons: Sequence[QPushButton], wide: int, *more: QWidget) -> None:
        """wide: how many letters; more: what is below the words."""
        em = self.fontMetrics().height()
        row = QHBoxLayout()
        for button in buttons:
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        for part in (self.table, self.note, self.problem, *more):
            layout.addWidget(part)
        layout.addLayout(row)
        self.resize(wide * em, 22 * em)
