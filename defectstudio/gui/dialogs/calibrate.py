"""What a pixel measures: told outright, or by a length that was measured."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.scale import LARGEST_MM, SMALLEST_MM
from defectstudio.domain.records import Item
from defectstudio.gui.dialogs.parts import hint, verb_buttons
from defectstudio.gui.fields import roomy


class CalibrateDialog(QDialog):
    """Asks for the size of a pixel of an item; 0 is: not known."""

    def __init__(self, item: Item, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Size of a pixel"))
        self.size = _number(LARGEST_MM, 6, " mm")
        self.size.setSpecialValueText(self.tr("not known"))
        self.size.setValue(item.pixel_size_mm or 0)
        self.length, self.pixels = _number(1e6, 3, " mm"), _number(1e6, 1, " px")
        form = QFormLayout()
        form.addRow(self.tr("A pixel of {}").format(item.name), self.size)
        row = QHBoxLayout()
        row.addWidget(self.pixels, 1)
        row.addWidget(QLabel(self.tr("are")))
        row.addWidget(self.length, 1)
        form.addRow(self.tr("Measured"), row)
        buttons, _ = verb_buttons(self.tr("Use this size"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(
            hint(
                self.tr(
                    "The scale bar and the status bar tell millimetres then. Synthesis works in "
                    "pixels and does not change. For a measured length, enter the pixels between "
                    "two points and what lies between them in reality."
                )
            )
        )
        layout.addWidget(buttons)
        self.setMinimumWidth(30 * self.fontMetrics().height())
        for each in (self.length, self.pixels):
            each.valueChanged.connect(self._divide)

    @property
    def pixel_size_mm(self) -> float | None:
        """The size of a pixel, None when it is not known."""
        return self.size.value() or None

    def _divide(self) -> None:
        if self.length.value() and self.pixels.value():
            self.size.setValue(max(SMALLEST_MM, self.length.value() / self.pixels.value()))


def _number(most: float, decimals: int, unit: str) -> QDoubleSpinBox:
    box = roomy(QDoubleSpinBox())
    box.setRange(0, most)
    box.setDecimals(decimals)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    box.setSuffix(unit)
    return box
