"""Generator and seed of the class, and how strongly its defects are seen."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QToolButton, QWidget

from defectstudio.app.studio import Studio
from defectstudio.domain.records import GeneratorRecord
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.style.parts import (
    Choice,
    Section,
    SeedBox,
    ValueSlider,
    action_button,
    muted,
    row,
)

MOST_CONTRAST = 40
"""Of what `recipe.Defect.contrast` can be: above 10 nobody misses a defect."""


class SeedSection(Section):
    """Seed, dice and lock; generator; strength. forgotten: a read look is not wanted."""

    forgotten = Signal()

    def __init__(self, studio: Studio, actions: ActionBook) -> None:
        super().__init__(self.tr("Style"))
        self._studio = studio
        em = self.fontMetrics().height()
        self.seed = SeedBox(self.tr("Style seed"))
        self.seed.valueChanged.connect(studio.choose_seed)
        dice, lock = (action_button(actions, name, em) for name in ("style.roll", "style.lock"))
        self._searching = muted(self.tr("A style is being looked for…"))
        self._searching.hide()
        self._read, self._of = QWidget(), muted()
        self._forget = QToolButton()
        self._forget.setIcon(icon("remove"))
        self._forget.setIconSize(QSize(em, em))
        self._forget.setToolTip(self.tr("Draw in the style of the seed again"))
        self._forget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._forget.clicked.connect(self.forgotten)
        self.generators = Choice(self.tr("Generator"))
        self.generators.activated.connect(
            lambda _row: studio.choose_generator(self.generators.currentData())
        )
        self.strength = ValueSlider(
            self.tr("Strength"),
            MOST_CONTRAST,
            lambda value: f"{value} σ" if value else self.tr("as made"),
            self.tr("Visible contrast, in deviations of the noise around; 3 can just be seen"),
        )
        self.strength.moved.connect(self._on_strength)
        self.content.addLayout(row(QLabel(self.tr("Seed")), self.seed, dice, lock))
        line = row(self._of, self._forget)
        line.setContentsMargins(0, 0, 0, 0)
        line.setStretch(0, 1)
        self._read.setLayout(line)
        self.content.addWidget(self._read)
        self.content.addWidget(self._searching)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Generator"), self.generators)
        form.addRow(self.tr("Strength"), self.strength)
        self.content.addLayout(form)

    def show_generators(self, generators: list[GeneratorRecord]) -> None:
        """Fill the selector; the studio's choice stays if it is there."""
        self.generators.clear()
        for record in generators:
            self.generators.addItem(record.name, record)
        self.generators.setEnabled(bool(generators))
        if not generators:
            self.generators.addItem(self.tr("train one first"), None)
        if self._row() < 0:
            self._studio.choose_generator(generators[-1] if generators else None)

    def refresh(self) -> None:
        """Show the studio's choices."""
        studio = self._studio
        self.seed.setEnabled(studio.class_id > 0)
        self.strength.setEnabled(studio.class_id > 0)
        if studio.class_id > 0:
            self.seed.show_seed(studio.seed(studio.class_id))
            look = studio.styles.look(studio.class_id)
            self.strength.show_value(round(look.contrast))
            self._of.setText(self.tr("Look of {}").format(look.of))
            self._read.setVisible(bool(look.normal))
        if self._row() >= 0:
            self.generators.setCurrentIndex(self._row())

    def show_searching(self, searching: bool) -> None:
        """A style is being looked for, or it was found."""
        self._searching.setVisible(searching)

    def _row(self) -> int:
        """Where the studio's generator is in the selector, -1 where it is not."""
        records = [self.generators.itemData(row) for row in range(self.generators.count())]
        hashes = [None if record is None else record.sha256 for record in records]
        chosen = self._studio.generator
        return hashes.index(chosen.sha256) if chosen and chosen.sha256 in hashes else -1

    def _on_strength(self, value: int) -> None:
        studio = self._studio
        look = studio.styles.look(studio.class_id)
        studio.choose_look(replace(look, contrast=float(value)))
