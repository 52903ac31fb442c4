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
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from defectstudio.domain.generators import CONFIGS
from defectstudio.domain.specs import Device
from defectstudio.gui.dialogs.form import DataForm
from defectstudio.gui.dialogs.parts import hint, verb_buttons

_FIRST = ["source", "height", "width", "steps", "batch", "seed"]


@dataclass(frozen=True)
class TrainChoice:
    """What to train; overrides: what differs from the kind's defaults."""

    name: str
    kind: str
    overrides: dict[str, str]
    device: str
    split_first: bool


class KindPage(QWidget):
    """The settings of one kind: the few that matter, and all others where they are asked for."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.form = DataForm(CONFIGS[kind], CONFIGS[kind](kind=kind))
        names = [field.name for field in fields(CONFIGS[kind]) if field.name != "kind"]
        first, inner = QFormLayout(), QWidget()
        self.form.add_to(first, [name for name in _FIRST if name in names])
        self.form.add_to(QFormLayout(inner), [name for name in names if name not in _FIRST])
        self.others = QScrollArea()
        self.others.setWidgetResizable(True)
        self.others.setMinimumHeight(16 * self.fontMetrics().height())
        self.others.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(first)
        layout.addWidget(self.others, 1)


class TrainDialog(QDialog):
    """The form is made from the configuration of the chosen kind."""

    def __init__(self, names: list[str], *, is_split: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Train a generator"))
        self._taken = {name.casefold() for name in names}
        self.name, self.kind = QLineEdit(), QComboBox()
        for kind in CONFIGS:
            self.kind.addItem(kind, kind)
        self.device = QComboBox()
        for device in get_args(Device):
            self.device.addItem(device, device)
        self.split = QCheckBox(self.tr("Split the images by part first: 60 / 20 / 20"))
        self.split.setChecked(not is_split)
        self.split.setVisible(not is_split)
        first = QFormLayout()
        first.addRow(self.tr("Name"), self.name)
        first.addRow(self.tr("Kind"), self.kind)
        first.addRow(self.tr("Device"), self.device)
        self.more = QPushButton(self.tr("All settings"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_all)
        self._pages: dict[str, KindPage] = {}
        self._shown = QStackedLayout()
        self._follow_kind()
        self._note = hint(self.tr("Only labeled images of the training split are seen."))
        buttons, self.go = verb_buttons(self.tr("Start training"))
        buttons.addButton(self.more, buttons.ButtonRole.ActionRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(first)
        layout.addLayout(self._shown, 1)
        layout.addWidget(self.split)
        layout.addWidget(self._note)
        layout.addWidget(buttons)
        self.setMinimumWidth(30 * self.fontMetrics().height())
        self.name.textChanged.connect(self._check)
        self.kind.currentIndexChanged.connect(self._follow_kind)

    @property
    def choice(self) -> TrainChoice:
        """What is entered."""
        return TrainChoice(
            self.name.text().strip(),
            self.kind.currentData(),
            self.form.changes(),
            self.device.currentData(),
            self.split.isVisibleTo(self) and self.split.isChecked(),
        )

    def _follow_kind(self) -> None:
        """Show the settings of the chosen kind; a name that nobody typed follows too."""
        kind = self.kind.currentData()
        if kind not in self._pages:
            self._pages[kind] = KindPage(kind)
            self._shown.addWidget(self._pages[kind])
        self._shown.setCurrentWidget(self._pages[kind])
        self.form = self._pages[kind].form
        self._show_all(self.more.isChecked())
        if not self.name.isModified():
            self.name.setText(self._free_name(kind))

    def _show_all(self, shown: bool) -> None:
        for page in self._pages.values():
            page.others.setVisible(shown)
        self.adjustSize()

    def _free_name(self, kind: str) -> str:
        number = 1
        while f"{kind}-{number}" in self._taken:
            number += 1
        return f"{kind}-{number}"

    def _check(self) -> None:
        name = self.name.text().strip()
        self.go.setEnabled(bool(name) and name.casefold() not in self._taken)
