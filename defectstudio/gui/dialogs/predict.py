"""Let a segmenter look at new pictures: from where, to where, from which probability on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.device import Device
from defectstudio.gui.dialogs.form import NumberEdit
from defectstudio.gui.dialogs.parts import PathEdit, hint, verb_buttons


@dataclass(frozen=True)
class PredictChoice:
    """threshold: a probability, None for that kept at the segmenter's training."""

    segmenter: str
    source: Path
    target: Path
    threshold: float | None
    device: str


class PredictDialog(QDialog):
    """Names of segmenters, the newest first."""

    def __init__(self, segmenters: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Look at new pictures"))
        self.segmenter, self.device = QComboBox(), QComboBox()
        self.segmenter.addItems(segmenters)
        for device in get_args(Device):
            self.device.addItem(device, device)
        self.source = PathEdit(self.tr("A folder of pictures"))
        self.target = PathEdit(self.tr("A new folder for what is found"))
        self.kept = QCheckBox(self.tr("the one kept at the training"))
        self.kept.setChecked(True)
        self.threshold = NumberEdit(Bounds(0.0, 1.0), 0.5)
        self.threshold.setEnabled(False)
        self.kept.toggled.connect(self.threshold.setDisabled)
        row, form = QHBoxLayout(), QFormLayout()
        row.addWidget(self.kept)
        row.addWidget(self.threshold)
        form.addRow(self.tr("Segmenter"), self.segmenter)
        form.addRow(self.tr("Pictures"), self.source)
        form.addRow(self.tr("Result"), self.target)
        form.addRow(self.tr("Threshold"), row)
        form.addRow(self.tr("Device"), self.device)
        buttons, self.go = verb_buttons(self.tr("Look at them"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(
            hint(
                self.tr(
                    "Pictures are only read. The result has masks, 16-bit probabilities, overlays"
                    " and one JSON file; pictures that cannot be read are named in the job's log."
                )
            )
        )
        layout.addWidget(buttons)
        self.setMinimumWidth(34 * self.fontMetrics().height())
        for edit in (self.source, self.target):
            edit.changed.connect(self._check)
        self.source.changed.connect(self._propose)
        self._check()

    @property
    def choice(self) -> PredictChoice:
        """What is entered."""
        source, target = self.source.path, self.target.path
        assert source is not None and target is not None, "the button is disabled without them"
        return PredictChoice(
            self.segmenter.currentText(),
            source,
            target,
            None if self.kept.isChecked() else self.threshold.value(),
            self.device.currentData(),
        )

    def _propose(self) -> None:
        """A folder beside the pictures, until somebody names another."""
        source = self.source.path
        if source is not None and not self.target.edit.isModified():
            self.target.show_path(source.with_name(f"{source.name} found"))

    def _check(self) -> None:
        self.go.setEnabled(self.source.path is not None and self.target.path is not None)
