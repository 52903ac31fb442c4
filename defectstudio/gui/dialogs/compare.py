"""Compare what defects are worth: a protocol, its settings, and how long it will take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.comparing import Forecast, TrialProtocol
from defectstudio.domain.comparisons import (
    DstSettings,
    EnlargeSettings,
    RealismSettings,
    StrategiesSettings,
)
from defectstudio.domain.device import Device
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.words import duration
from defectstudio.gui.dialogs.parts import hint, verb_buttons
from defectstudio.gui.dialogs.settings_page import SettingsPage
from defectstudio.gui.telling import in_words

_SETTINGS: dict[str, Callable[[], Any]] = {
    "enlarge": EnlargeSettings,
    "strategies": StrategiesSettings,
    "realism": RealismSettings,
    "dst": DstSettings,
}
FIRST = ("generators", "real", "count", "polish", "share", "architectures", "repeats", "steps",
          "partitions", "seed")  # fmt: skip


@dataclass(frozen=True)
class CompareChoice:
    """What to measure; overrides: what differs from the protocol's defaults."""

    protocol: str
    overrides: dict[str, str]
    device: str


class CompareDialog(QDialog):
    """asked: a choice of which the time is to be told; it is answered by `show_forecast`."""

    asked = Signal(object)

    def __init__(self, item: str, generators: Sequence[str], parent: QWidget | None = None) -> None:
        """generators: names of those of the item, all of which are compared unless some are
        named."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Compare on {}").format(item))
        self.protocol, self.device = QComboBox(), QComboBox()
        for known, text in self._spoken().items():
            self.protocol.addItem(text, known)
        for device in get_args(Device):
            self.device.addItem(device, device)
        self.device.setCurrentIndex(self.device.findData("cpu"))
        self._about, self.time = hint(""), hint("")
        self._pages, self._stack = {}, QStackedLayout()
        for known, settings in _SETTINGS.items():
            self._pages[known] = SettingsPage(settings(), FIRST)
            self._pages[known].others.hide()
            if "generators" in self._pages[known].form.editors:
                named = self._pages[known].form.editors["generators"]
                named.setPlaceholderText(", ".join(generators) or self.tr("none yet"))
            self._stack.addWidget(self._pages[known])
        self.more = QPushButton(self.tr("All settings"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_all)
        self.ask = QPushButton(self.tr("Tell the time it takes"))
        self.ask.clicked.connect(self._ask_time)
        self._lay_out()
        self.protocol.currentIndexChanged.connect(self._follow)
        self._follow()

    @property
    def choice(self) -> CompareChoice:
        """What is entered."""
        known = self.protocol.currentData()
        changes = self._pages[known].form.changes()
        return CompareChoice(known, changes, self.device.currentData())

    def show_forecast(self, told: Forecast) -> None:
        """How long the chosen comparison takes."""
        self.ask.setEnabled(True)
        text = self.tr("About {} for {} trainings; those kept from before are not done again.")
        self.time.setText(text.format(duration(told.seconds), told.trainings))

    def show_error(self, error: DefectStudioError) -> None:
        """Why the time cannot be told, and so why the comparison would not start."""
        self.ask.setEnabled(True)
        self.time.setText(in_words(error))

    def _spoken(self) -> dict[str, str]:
        return {
            "enlarge": self.tr("Do made defects help? (enlarge)"),
            "strategies": self.tr("What are a few real defects worth? (strategies)"),
            "realism": self.tr("How real do contents look? (realism)"),
            "dst": self.tr("Transfers against histogram match (dst)"),
        }

    def _lay_out(self) -> None:
        buttons, self.go = verb_buttons(self.tr("Start comparison"))
        buttons.addButton(self.more, buttons.ButtonRole.ActionRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        first, row = QFormLayout(), QHBoxLayout()
        first.addRow(self.tr("Question"), self.protocol)
        first.addRow(self.tr("Device"), self.device)
        row.addWidget(self.ask)
        row.addWidget(self.time, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(first)
        layout.addWidget(self._about)
        layout.addLayout(self._stack, 1)
        layout.addLayout(row)
        layout.addWidget(buttons)
        self.setMinimumWidth(36 * self.fontMetrics().height())

    def _follow(self) -> None:
        known = self.protocol.currentData()
        self._stack.setCurrentWidget(self._pages[known])
        trains = known in get_args(TrialProtocol)
        self.ask.setVisible(trains)
        self.time.setText("" if trains else self.tr("Trains nothing; it takes some minutes."))
        self._about.setText(
            {
                "enlarge": self.tr(
                    "Small segmenters learn with and without samples of each generator and are"
                    " judged on the real images of the test split."
                ),
                "strategies": self.tr(
                    "Segmenters learn from a few real defects, with as many steps with and without"
                    " samples."
                ),
                "realism": self.tr("Contents of each generator against the test split's defects."),
                "dst": self.tr("Generators of kind dst against a match of colours."),
            }[known]
        )
        self._show_all(self.more.isChecked())

    def _show_all(self, shown: bool) -> None:
        for page in self._pages.values():
            page.others.setVisible(shown)
        self.adjustSize()

    def _ask_time(self) -> None:
        self.ask.setEnabled(False)
        self.time.setText(self.tr("A few steps are tried…"))
        self.asked.emit(self.choice)
