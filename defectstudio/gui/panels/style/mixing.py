"""Between two styles and between two classes."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QFormLayout, QLabel, QToolButton

from defectstudio.app.recipes import can_mix
from defectstudio.app.studio import Studio
from defectstudio.app.style import Look
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.style.classes import swatch
from defectstudio.gui.panels.style.parts import (
    Choice,
    Section,
    SeedBox,
    ValueSlider,
    muted,
    percent,
    row,
)


class MixSection(Section):
    """A second seed and a second class, each with how much of it, and how unusual the style is."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(self.tr("Mix"), is_open=False)
        self._studio = studio
        self.seed = SeedBox(self.tr("Second style seed"))
        self.seed.valueChanged.connect(lambda seed: self._change(second=seed))
        self.roll = QToolButton()
        self.roll.setIcon(icon("dice"))
        self.roll.setToolTip(self.tr("Another second style"))
        self.roll.clicked.connect(self._on_roll)
        self.amount = ValueSlider(
            self.tr("Amount of the second style"),
            100,
            percent,
            self.tr("0 % is the seed's own style, 100 % the second one"),
        )
        self.amount.moved.connect(lambda value: self._change(amount=value / 100))
        self.fine = QCheckBox(self.tr("Colour and texture only"))
        self.fine.setToolTip(self.tr("The layout of light and dark stays that of the first seed"))
        self.fine.clicked.connect(lambda on: self._change(fine=on))
        self.unusual = ValueSlider(
            self.tr("Unusualness"),
            200,
            percent,
            self.tr("0 % is the class's mean look, 100 % as drawn, above it more unusual"),
        )
        self.unusual.moved.connect(lambda value: self._change(truncation=value / 100))
        self.other = Choice(self.tr("Second class"))
        self.other.activated.connect(lambda _row: self._change(other=self.other.currentData()))
        self.nearness = ValueSlider(
            self.tr("Nearness to the second class"),
            100,
            percent,
            self.tr("0 % is the class itself, 100 % the second one; the label stays"),
        )
        self.nearness.moved.connect(self._on_nearness)
        self._why = muted(self.tr("This kind of generator has no styles to mix."))
        self.content.addWidget(self._why)
        self.content.addLayout(row(QLabel(self.tr("Seed")), self.seed, self.roll))
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Amount"), self.amount)
        form.addRow("", self.fine)
        form.addRow(self.tr("Unusual"), self.unusual)
        form.addRow(self.tr("Towards"), self.other)
        form.addRow(self.tr("Amount"), self.nearness)
        self.content.addLayout(form)

    def refresh(self) -> None:
        """Show what is done to the style of the class."""
        studio, look = self._studio, self._look
        others = [one for one in studio.classes if one.id != studio.class_id]
        mixes = can_mix(studio.generator)
        usable = studio.class_id > 0 and mixes
        self._why.setVisible(not mixes)
        for widget in (self.seed, self.roll, self.amount, self.fine, self.unusual):
            widget.setEnabled(usable)
        for widget in (self.other, self.nearness):
            widget.setEnabled(usable and bool(others))
        self.seed.show_seed(look.second)
        self.amount.show_value(round(100 * look.amount))
        self.fine.setChecked(look.fine)
        self.unusual.show_value(round(100 * look.truncation))
        known = [self.other.itemData(row) for row in range(self.other.count())]
        if known != [one.id for one in others]:
            self.other.clear()
            for one in others:
                self.other.addItem(swatch(one.id), one.name, one.id)
        self.other.setCurrentIndex(max(0, self.other.findData(look.other)))
        self.nearness.show_value(round(100 * look.nearness))

    @property
    def _look(self) -> Look:
        return self._studio.styles.look(self._studio.class_id)

    def _on_roll(self) -> None:
        banned = self._studio.marks(self._studio.class_id).banned
        self._change(second=self._studio.styles.draw(1, banned)[0])

    def _on_nearness(self, value: int) -> None:
        # The second class on show is meant, though nobody has chosen it yet.
        self._change(nearness=value / 100, other=self.other.currentData())

    def _change(self, **changes: object) -> None:
        self._studio.choose_look(replace(self._look, **changes))
