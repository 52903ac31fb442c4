"""How contents meet their background."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout

from defectstudio.app.recipes import can_polish
from defectstudio.app.studio import Studio
from defectstudio.domain.recipe import BlendMode, GrainSettings
from defectstudio.gui.panels.style.parts import Choice, Section, ValueSlider, percent

MODE_NAMES: dict[str, str] = {
    "improved": "Improved Poisson",
    "poisson": "Poisson",
    "alpha": "Alpha",
}
_MODE_TIPS: dict[str, str] = {
    "improved": "Smooth seam, keeps the defect's own contrast",
    "poisson": "Smooth seam, contrast follows the background",
    "alpha": "Pasted with a soft edge, colours unchanged",
}
MOST_POLISH, POLISH_STEP = 100, 10
"""What the window offers of `recipe.Defect.polish`."""


class BlendSection(Section):
    """Mode, retention, grain, and refinement where the generator can."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(self.tr("Blend"))
        self._studio = studio
        self.mode = self._mode_box()
        self.retention = ValueSlider(
            self.tr("Retention in pixels"), 5, lambda value: f"{value} px",
            self.tr("How far inside the edge the defect keeps its own contrast"),
        )  # fmt: skip
        self.retention.moved.connect(self._on_blend)
        self.grain = ValueSlider(
            self.tr("Grain in percent"), 100, percent,
            self.tr("How much of the background's noise the defect is given"),
        )  # fmt: skip
        self.grain.moved.connect(lambda value: studio.choose_grain(GrainSettings(value / 100)))
        self.polish = ValueSlider(
            self.tr("Refine, in steps"),
            MOST_POLISH // POLISH_STEP,
            lambda value: str(POLISH_STEP * value),
            self.tr("Steps that move the pixels nearer to the reference: takes seconds"),
        )
        self.polish.moved.connect(lambda value: studio.choose_polish(POLISH_STEP * value))
        self.form = QFormLayout()
        self.form.addRow(self.tr("Retention"), self.retention)
        self.form.addRow(self.tr("Grain"), self.grain)
        self.form.addRow(self.tr("Refine"), self.polish)
        self.content.addWidget(self.mode)
        self.content.addLayout(self.form)

    def refresh(self) -> None:
        """Show the studio's choices."""
        blend = self._studio.blend
        self.mode.setCurrentIndex(self.mode.findData(blend.mode))
        self.retention.show_value(blend.retention_px)
        self.retention.setEnabled(blend.mode == "improved")
        self.grain.show_value(round(100 * self._studio.grain.strength))
        self.polish.show_value(self._studio.polish // POLISH_STEP)
        self.form.setRowVisible(self.polish, can_polish(self._studio.generator))

    def _mode_box(self) -> Choice:
        box = Choice(self.tr("Blend mode"))
        for mode in get_args(BlendMode):
            box.addItem(self.tr(MODE_NAMES[mode]), mode)
            box.setItemData(box.count() - 1, self.tr(_MODE_TIPS[mode]), Qt.ItemDataRole.ToolTipRole)
        box.activated.connect(self._on_blend)
        return box

    def _on_blend(self) -> None:
        mode, kept = self.mode.currentData(), self.retention.value
        self._studio.choose_blend(replace(self._studio.blend, mode=mode, retention_px=kept))
