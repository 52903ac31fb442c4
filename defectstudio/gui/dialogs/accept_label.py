"""Ask whether what a segmenter found becomes an image's label, and of which class each part is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.accepting import FoundPart, part_picture
from defectstudio.domain.records import DefectClass
from defectstudio.gui.dialogs.parts import hint, verb_buttons
from defectstudio.gui.panels.style.classes import swatch
from defectstudio.gui.pictures import picture

MOST = 30
"""So many parts have a row of their own, the smaller ones one together."""
_MIXED = -1


class AcceptLabelDialog(QDialog):
    """Cancel is the default: a label that was drawn by hand is replaced."""

    def __init__(
        self,
        name: str,
        classes: Sequence[DefectClass],
        parts: Sequence[FoundPart],
        pixels: NDArray[np.uint8],
        parent: QWidget | None = None,
    ) -> None:
        """name: of the image; parts: found in it, the largest first; pixels: as on screen."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Accept the prediction as a real label"))
        self._classes, self._parts = classes, parts
        self.all = self._class_box()
        self.all.addItem(self.tr("each of its own"), _MIXED)
        self.all.activated.connect(lambda _row: self._choose_for_all())
        self.table = QTreeWidget()
        self.table.setAccessibleName(self.tr("Parts that were found"))
        self.table.setHeaderLabels(
            [self.tr("Part"), self.tr("Pixels"), self.tr("Place"), self.tr("Class")]
        )
        self.table.setRootIsDecorated(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.boxes = [self._row(number, pixels) for number in range(min(MOST, len(parts)))]
        if len(parts) > MOST:
            self.boxes.append(self._rest())
        self._show_whether_alike()
        found = sum(part.pixels for part in parts)
        self._text = self.tr("{} pixels of “{}” were found at this threshold.").format(found, name)
        self._lay_out()

    @property
    def parts(self) -> list[FoundPart]:
        """The parts, each with the class that is chosen for it."""
        chosen = [box.currentData() for box in self.boxes]
        chosen += [chosen[-1]] * (len(self._parts) - len(chosen))
        return [
            part if class_id == _MIXED else replace(part, class_id=class_id)
            for part, class_id in zip(self._parts, chosen, strict=True)
        ]

    def _class_box(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(self.tr("Class"))
        side = self.fontMetrics().height()
        for one in self._classes:
            box.addItem(swatch(one.id), one.name, one.id)
        box.addItem(swatch(0), self.tr("no defect"), 0)
        box.setIconSize(QSize(side, side))
        return box

    def _row(self, number: int, pixels: NDArray[np.uint8]) -> QComboBox:
        part = self._parts[number]
        place = f"{part.box.left + part.box.width // 2}, {part.box.top + part.box.height // 2}"
        row = QTreeWidgetItem(self.table, ["", str(part.pixels), place])
        side = 4 * self.fontMetrics().height()
        drawn = QPixmap.fromImage(picture(part_picture(pixels, part)))
        row.setIcon(0, QIcon(drawn.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)))
        self.table.setIconSize(QSize(side, side))
        return self._placed(row, part.class_id)

    def _rest(self) -> QComboBox:
        rest = self._parts[MOST:]
        row = QTreeWidgetItem(
            self.table,
            [self.tr("{} smaller").format(len(rest)), str(sum(part.pixels for part in rest))],
        )
        box = self._placed(row, rest[0].class_id)
        box.addItem(self.tr("each of its own"), _MIXED)
        if len({part.class_id for part in rest}) > 1:
            box.setCurrentIndex(box.findData(_MIXED))
        return box

    def _placed(self, row: QTreeWidgetItem, class_id: int) -> QComboBox:
        box = self._class_box()
        box.setCurrentIndex(max(0, box.findData(class_id)))
        box.activated.connect(lambda _row: self._show_whether_alike())
        # In a cell as high as the picture beside it, the box keeps its own height.
        cell = QWidget()
        line = QHBoxLayout(cell)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(box, 0, Qt.AlignmentFlag.AlignVCenter)
        self.table.setItemWidget(row, 3, cell)
        return box

    def _choose_for_all(self) -> None:
        if self.all.currentData() != _MIXED:
            for box in self.boxes:
                box.setCurrentIndex(box.findData(self.all.currentData()))
        self._show_whether_alike()

    def _show_whether_alike(self) -> None:
        chosen = {box.currentData() for box in self.boxes}
        shown = chosen.pop() if len(chosen) == 1 else _MIXED
        self.all.setCurrentIndex(self.all.findData(shown))

    def _lay_out(self) -> None:
        buttons, self.go = verb_buttons(self.tr("Replace the label"))
        self.go.setDefault(False)
        self.go.setProperty("primary", False)
        self.cancel = buttons.button(buttons.StandardButton.Cancel)
        self.cancel.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        every = QHBoxLayout()
        every.addWidget(QLabel(self.tr("All parts are")))
        every.addWidget(self.all)
        every.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(self._text))
        layout.addLayout(every)
        layout.addWidget(self.table, 1)
        layout.addWidget(
            hint(
                self.tr(
                    "The image's present label is replaced and kept among its earlier ones. Correct"
                    " the new one in Paint before anything is trained on it: a segmenter that"
                    " learns from its own words learns its faults."
                )
            )
        )
        layout.addWidget(buttons)
        em = self.fontMetrics().height()
        self.resize(34 * em, min(44, 18 + 5 * len(self.boxes)) * em)
