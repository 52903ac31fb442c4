"""Train a generator: a name, the few settings that matter, and all others on demand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import get_args

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.specs import Device
from defectstudio.gui.dialogs.form import DataForm
from defectstudio.gui.dialogs.parts import hint, verb_buttons

_FIRST = ["source", "height", "width", "steps", "batch", "seed"]


@dataclass(frozen=True)
class TrainChoice:
    """What to train; overrides: what differs from the defaults."""

    name: str
    overrides: dict[str, str]
    device: str
    split_first: bool


class TrainDialog(QDialog):
    """The form is made from DcdgancConfig."""

    def __init__(self, names: list[str], *, is_split: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Train a generator"))
        self._taken = {name.casefold() for name in names}
        self.name = QLineEdit(self._free_name())
        self.device = QComboBox()
        for device in get_args(Device):
            self.device.addItem(device, device)
        self.form = DataForm(DcdgancConfig, DcdgancConfig())
        self.split = QCheckBox(self.tr("Split the images by part first: 60 / 20 / 20"))
        self.split.setChecked(not is_split)
        self.split.setVisible(not is_split)
        first = QFormLayout()
        first.addRow(self.tr("Name"), self.name)
        self.form.add_to(first, _FIRST)
        first.addRow(self.tr("Device"), self.device)
        self.more = QPushButton(self.tr("All settings"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_all)
        self._all = self._scroll()
        self._all.hide()
        self._note = hint(self.tr("Only labeled images of the training split are seen."))
        buttons, self.go = verb_buttons(self.tr("Start training"))
        buttons.addButton(self.more, buttons.ButtonRole.ActionRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(first)
        layout.addWidget(self._all, 1)
        layout.addWidget(self.split)
        layout.addWidget(self._note)
        layout.addWidget(buttons)
        self.setMinimumWidth(30 * self.fontMetrics().height())
        self.name.textChanged.connect(self._check)

    @property
    def choice(self) -> TrainChoice:
        """What is entered."""
        return TrainChoice(
            self.name.text().strip(),
            self.form.changes(),
            self.device.currentData(),
            self.split.isVisibleTo(self) and self.split.isChecked(),
        )

    def _scroll(self) -> QScrollArea:
        inner = QWidget()
        rest = QFormLayout(inner)
        others = [field.name for field in fields(DcdgancConfig) if field.name not in _FIRST]
        self.form.add_to(rest, others)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        area.setMinimumHeight(16 * self.fontMetrics().height())
        return area

    def _show_all(self, shown: bool) -> None:
        self._all.setVisible(shown)
        self.adjustSize()

    def _free_name(self) -> str:
        number = 1
        while f"dcdganc-{number}" in self._taken:
            number += 1
        return f"dcdganc-{number}"

    def _check(self) -> None:
        name = self.name.text().strip()
        self.go.setEnabled(bool(name) and name.casefold() not in self._taken)
