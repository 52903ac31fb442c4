"""Export the dataset: format, folder, splits, real and synthetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.exportable import Kind, kinds_of
from defectstudio.domain.records import Split
from defectstudio.exchange.formats import WRITERS
from defectstudio.exchange.request import MIN_TILE
from defectstudio.gui.dialogs.parts import PathEdit, hint, verb_buttons
from defectstudio.gui.fields import roomy

_FORMATS = {
    "coco": "COCO",
    "coco-polygons": "COCO, polygons",
    "yolo": "YOLO",
    "voc": "Pascal VOC",
    "labelme": "LabelMe",
    "labelme-polygons": "LabelMe, polygons",
    "cvat": "CVAT 1.1",
    "mvtec": "MVTec AD",
    "mvtec2": "MVTec AD 2",
    "png": "PNG",
}

_TOO_SMALL = range(1, MIN_TILE)


@dataclass(frozen=True)
class ExportChoice:
    """What to export where. splits: None for all images, also those without a split; undecided:
    also samples that nobody reviewed, where samples are wanted.

    tile: the side in pixels of the pieces that pictures are cut into, None for whole pictures.
    """

    out: Path
    format: str
    splits: tuple[Split, ...] | None
    real: bool
    synthetic: bool
    undecided: bool = True
    tile: int | None = None


class ExportDialog(QDialog):
    """The export makes a new folder; one that exists is never written into."""

    def __init__(
        self,
        folder: Path,
        item: str,
        stock: Mapping[Split | None, Counter[Kind]],
        parent: QWidget | None = None,
    ) -> None:
        """stock: how much of what there is, by split."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export dataset"))
        self._item, self._stock = item, stock
        self.format = QComboBox()
        for key in WRITERS:
            self.format.addItem(_FORMATS[key], key)
        self.folder = PathEdit(self.tr("Where the new folder is made"))
        self.folder.show_path(folder)
        self.name = QLineEdit()
        self.splits = {split: QCheckBox(split.value) for split in Split}
        self.unsplit = QCheckBox(self.tr("all images"))
        self.real, self.synthetic, self.undecided = QCheckBox(), QCheckBox(), QCheckBox()
        for box in (self.unsplit, self.real, self.synthetic, self.undecided):
            box.setChecked(True)
        self.tile = roomy(QSpinBox())
        self.tile.setRange(0, 8192)
        self.tile.setSingleStep(64)
        self.tile.setSuffix(" px")
        self.tile.setSpecialValueText(self.tr("not cut"))
        self.taken, self._note = QLabel(), hint("")
        self.taken.setWordWrap(True)
        form = QFormLayout()
        form.addRow(self.tr("Format"), self.format)
        form.addRow(self.tr("In folder"), self.folder)
        form.addRow(self.tr("New folder"), self.name)
        form.addRow(self.tr("Content"), self.real)
        form.addRow("", self.synthetic)
        form.addRow("", self.undecided)
        form.addRow(self.tr("Splits"), _row(self.unsplit, *self.splits.values()))
        form.addRow(self.tr("Cut into pieces of"), self.tile)
        form.addRow("", self.taken)
        buttons, self.go = verb_buttons(self.tr("Export"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._note)
        layout.addWidget(buttons)
        self.setMinimumWidth(36 * self.fontMetrics().height())
        self.format.currentIndexChanged.connect(self._suggest)
        for box in (
            self.unsplit, self.real, self.synthetic, self.undecided, *self.splits.values()
        ):  # fmt: skip
            box.toggled.connect(self._check)
        self.name.textChanged.connect(self._check)
        self.folder.changed.connect(self._check)
        self.tile.valueChanged.connect(self._check)
        self._suggest()

    @property
    def choice(self) -> ExportChoice:
        """What is entered."""
        chosen = tuple(split for split, box in self.splits.items() if box.isChecked())
        return ExportChoice(
            (self.folder.path or Path.home()) / self.name.text().strip(),
            self.format.currentData(),
            None if self.unsplit.isChecked() else chosen,
            self.real.isChecked(),
            self.synthetic.isChecked(),
            self.undecided.isChecked(),
            self.tile.value() or None,
        )

    def _suggest(self) -> None:
        """A name that is free."""
        base = f"{self._item}-{self.format.currentData()}".replace(" ", "-")
        folder, number, name = self.folder.path or Path.home(), 1, base
        while (folder / name).exists():
            number += 1
            name = f"{base}-{number}"
        self.name.setText(name)
        self._check()

    def _check(self) -> None:
        for box in self.splits.values():
            box.setEnabled(not self.unsplit.isChecked())
        self.undecided.setEnabled(self.synthetic.isChecked())
        choice, name = self.choice, self.name.text().strip()
        some = self._count(choice)
        taken = bool(name) and choice.out.exists()
        plain = name not in ("", ".", "..") and Path(name).name == name
        self.go.setEnabled(plain and not taken and some and self.tile.value() not in _TOO_SMALL)
        self._note.setText(
            self.tr("There is a folder of this name already.") if taken else str(choice.out)
        )

    def _count(self, choice: ExportChoice) -> bool:
        """Tell how much there is and what is taken; whether anything is."""
        wanted = self._stock if choice.splits is None else choice.splits
        counts: Counter[Kind] = sum((self._stock[one] for one in wanted), Counter())
        self.real.setText(self.tr("real images ({})").format(counts[Kind.REAL]))
        self.synthetic.setText(self.tr("accepted samples ({})").format(counts[Kind.ACCEPTED]))
        self.undecided.setText(self.tr("undecided samples ({})").format(counts[Kind.UNDECIDED]))
        kinds = kinds_of(real=choice.real, synthetic=choice.synthetic, undecided=choice.undecided)
        total = sum(counts[kind] for kind in kinds)
        words = {
            Kind.UNLABELED: self.tr("images still to be painted"),
            Kind.ACCEPTED: self.tr("accepted samples"),
            Kind.UNDECIDED: self.tr("undecided samples"),
            Kind.REJECTED: self.tr("rejected samples"),
            Kind.REAL: self.tr("real images"),
        }
        rest = [f"{words[k]} ({counts[k]})" for k in words if k not in kinds and counts[k]]
        text = self.tr("Pictures to be exported: {}.").format(total)
        if rest:
            text += "\n" + self.tr("Not among them: {}.").format(", ".join(rest))
        self.taken.setText(text)
        return total > 0


def _row(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return holder
