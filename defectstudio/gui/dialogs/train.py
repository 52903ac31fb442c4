"""Train a generator: a name, the few settings that matter, and all others on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.splitting import Learning
from defectstudio.domain.generators import AT_ONCE, CONFIGS, FROM_REFERENCES, Kind
from defectstudio.gui.dialogs.learned import learned_from
from defectstudio.gui.dialogs.parts import device_box, hint, verb_buttons
from defectstudio.gui.dialogs.settings_page import SettingsPage
from defectstudio.gui.fields import as_high_as_its_rows
from defectstudio.gui.translation import localized

_NOOP = QT_TRANSLATE_NOOP
_PLAINER = _NOOP("", "a plainer dcdganc, to compare it with")
_TRANSLATES = _NOOP("", "turns good surface into defects; to compare with")
KINDS: dict[Kind, str] = {
    "paste": _NOOP("", "pieces of your real defects; nothing to train"),
    "dcdganc": _NOOP("", "learns your defects; half an hour without a GPU"),
    "dst": _NOOP("", "learns from one real defect and good images"),
    "histmatch": _NOOP("", "the colours of one real defect; nothing to train"),
    "procedural": _NOOP("", "drawn textures in real shapes; nothing to train"),
    "adain": _PLAINER,
    "instancenorm": _PLAINER,
    "cyclegan": _TRANSLATES,
    "stargan": _TRANSLATES,
    "stylegan2": _NOOP("", "draws shapes of its own; to compare with"),
}
"""What every kind is, those that are wanted most first."""
FIRST = ["source", "conditional", "features", "height", "width", "steps", "batch", "seed"]
_OF_TRAINING = (
    "height", "width", "steps", "seed", "checkpoint_every", "preview_every", "deterministic",
)  # fmt: skip
"""Settings without a meaning where nothing is trained."""


@dataclass(frozen=True)
class TrainChoice:
    """What to train; references: names of images, none for all labeled ones; overrides: what
    differs from the kind's defaults."""

    name: str
    kind: str
    references: list[str]
    overrides: dict[str, str]
    device: str


class TrainDialog(QDialog):
    """The form is made from the configuration of the chosen kind."""

    def __init__(
        self,
        names: list[str],
        labeled: Mapping[str, bool],
        known: Learning,
        *,
        kind: str = "dcdganc",
        parent: QWidget | None = None,
    ) -> None:
        """names: taken ones. labeled: images that can be references, and which are so at first;
        known: what all other kinds learn from; kind: the one that is chosen at first."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Train a generator"))
        self._taken = {name.casefold() for name in names}
        self.name, self.kind = QLineEdit(), QComboBox()
        for one, about in KINDS.items():
            self.kind.addItem(f"{one}: {localized(about)}", one)
        self.kind.setCurrentIndex(self.kind.findData(kind))
        self.device = device_box()
        self._known = known
        self.references = _checkable(labeled)
        first = QFormLayout()
        first.addRow(self.tr("Name"), self.name)
        first.addRow(self.tr("Kind"), self.kind)
        first.addRow(self.tr("Device"), self.device)
        first.addRow(self.tr("References"), self.references)
        self._first = first
        self.more = QPushButton(self.tr("All settings"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_all)
        self._pages: dict[str, SettingsPage] = {}
        self._shown = QVBoxLayout()
        self._note = hint(learned_from(known))
        buttons, self.go = verb_buttons(self.tr("Start training"))
        buttons.addButton(self.more, buttons.ButtonRole.ActionRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(first)
        layout.addLayout(self._shown, 1)
        layout.addWidget(self._note)
        layout.addWidget(buttons)
        # Of a field, since one of the dialog would hold although the kinds' names need more.
        self.name.setMinimumWidth(24 * self.fontMetrics().height())
        self.name.textChanged.connect(self._check)
        self.kind.currentIndexChanged.connect(self._follow_kind)
        self._follow_kind()

    @property
    def choice(self) -> TrainChoice:
        """What is entered."""
        references = _checked(self.references) if self.takes_references else []
        return TrainChoice(
            self.name.text().strip(),
            self.kind.currentData(),
            references,
            self.form.changes(),
            self.device.currentData(),
        )

    @property
    def takes_references(self) -> bool:
        """Whether the chosen kind learns from references."""
        return self.kind.currentData() in FROM_REFERENCES

    def _follow_kind(self) -> None:
        """Show the settings of the chosen kind; a name that nobody typed follows too."""
        kind = self.kind.currentData()
        if kind not in self._pages:
            settings = CONFIGS[kind](kind=kind)
            without = ["kind", *(_OF_TRAINING if kind in AT_ONCE else ())]
            self._pages[kind] = SettingsPage(settings, FIRST, without)
            self._pages[kind].others.hide()
            self._shown.addWidget(self._pages[kind])
            self._pages[kind].align(self._first)
        for one, page in self._pages.items():
            page.setVisible(one == kind)
        self.form = self._pages[kind].form
        self._first.setRowVisible(self.references, self.takes_references)
        self._note.setVisible(not self.takes_references)
        self._show_all(self.more.isChecked())
        if not self.name.isModified():
            self.name.setText(free_name(kind, self._taken))
        self._check()

    def _show_all(self, shown: bool) -> None:
        for page in self._pages.values():
            page.others.setVisible(shown)
        # Else what was shown before still keeps its room.
        self.layout().activate()
        self.adjustSize()

    def _check(self) -> None:
        name = self.name.text().strip()
        something = self.takes_references or bool(self._known.seen)
        self.go.setEnabled(something and bool(name) and name.casefold() not in self._taken)


def free_name(stem: str, taken: set[str]) -> str:
    """`stem-1`, or the first number whose name is not taken; taken: casefolded."""
    number = 1
    while f"{stem}-{number}".casefold() in taken:
        number += 1
    return f"{stem}-{number}"


def _checkable(names: Mapping[str, bool]) -> QListWidget:
    """A list of names with boxes, some lines high."""
    shown = QListWidget()
    for name, checked in names.items():
        item = QListWidgetItem(name, shown)
        item.setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
        if checked:
            shown.setCurrentItem(item)
    as_high_as_its_rows(shown, 8)
    return shown


def _checked(shown: QListWidget) -> list[str]:
    items = [shown.item(row) for row in range(shown.count())]
    return [item.text() for item in items if item.checkState() is Qt.CheckState.Checked]
