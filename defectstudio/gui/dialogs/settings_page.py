"""The settings of a frozen dataclass: the few that matter, and all others on demand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

from PySide6.QtWidgets import QFormLayout, QScrollArea, QVBoxLayout, QWidget

from defectstudio.gui.dialogs.form import DataForm


class SettingsPage(QWidget):
    """Two forms: `first` is always shown, `others` where it is asked for."""

    def __init__(self, defaults: Any, first: Sequence[str], without: Collection[str] = ()) -> None:
        """defaults: an instance of the dataclass; first, without: names of its fields."""
        super().__init__()
        kind = type(defaults)
        self.form = DataForm(kind, defaults)
        names = [field.name for field in fields(kind) if field.name not in without]
        self._shown, inner = QFormLayout(), QWidget()
        self.form.add_to(self._shown, [name for name in first if name in names])
        self.form.add_to(QFormLayout(inner), [name for name in names if name not in first])
        self.others = QScrollArea()
        self.others.setWidgetResizable(True)
        self.others.setMinimumHeight(16 * self.fontMetrics().height())
        self.others.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._shown)
        layout.addWidget(self.others, 1)

    def align(self, above: QFormLayout) -> None:
        """Give the labels of the form above and those here one width: fields in one column."""
        labels = [
            form.itemAt(row, QFormLayout.ItemRole.LabelRole).widget()
            for form in (above, self._shown)
            for row in range(form.rowCount())
        ]
        width = max(label.sizeHint().width() for label in labels)
        for label in labels:
            label.setMinimumWidth(width)
