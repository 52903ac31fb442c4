"""Train a segmenter: a name, the few settings that matter, and all others on demand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.splitting import Learning
from defectstudio.domain.segmenters import SegmenterConfig
from defectstudio.gui.dialogs.learned import learned_from
from defectstudio.gui.dialogs.parts import device_box, hint, verb_buttons
from defectstudio.gui.dialogs.settings_page import SettingsPage
from defectstudio.gui.dialogs.train import free_name

FIRST = ("arch", "multiclass", "steps", "batch", "crop", "synthetic_share", "seed")


@dataclass(frozen=True)
class SegmenterChoice:
    """What to train; overrides: what differs from the defaults."""

    name: str
    overrides: dict[str, str]
    device: str


class SegmenterDialog(QDialog):
    """The form is made from SegmenterConfig."""

    def __init__(
        self,
        taken: Iterable[str],
        known: Learning,
        made: int,
        parent: QWidget | None = None,
    ) -> None:
        """taken: names of segmenters. known, made: labeled images and samples to learn from."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Train a segmenter"))
        self._taken = {name.casefold() for name in taken}
        self.name, self.device = QLineEdit(free_name("segmenter", self._taken)), device_box()
        self.page = SettingsPage(SegmenterConfig(), FIRST)
        self.page.others.hide()
        self.more = QPushButton(self.tr("All settings"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_all)
        first = QFormLayout()
        first.addRow(self.tr("Name"), self.name)
        first.addRow(self.tr("Device"), self.device)
        text = self.tr(
            "It learns from {} accepted samples, too; a share of 0 leaves them out. The validation"
            " split chooses the threshold."
        ).format(made)
        buttons, self.go = verb_buttons(self.tr("Start training"))
        buttons.addButton(self.more, buttons.ButtonRole.ActionRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(first)
        layout.addWidget(self.page, 1)
        layout.addWidget(hint(f"{learned_from(known)}\n{text}"))
        layout.addWidget(buttons)
        self.setMinimumWidth(30 * self.fontMetrics().height())
        self.name.textChanged.connect(self._check)

    @property
    def choice(self) -> SegmenterChoice:
        """What is entered."""
        return SegmenterChoice(
            self.name.text().strip(),
            self.page.form.changes(),
            self.device.currentData(),
        )

    def _show_all(self, shown: bool) -> None:
        self.page.others.setVisible(shown)
        self.adjustSize()

    def _check(self) -> None:
        name = self.name.text().strip()
        self.go.setEnabled(bool(name) and name.casefold() not in self._taken)
