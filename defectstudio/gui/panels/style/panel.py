"""The right panel: class, style, mix, blend; what the preview does; accept."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from defectstudio.app.studio import Studio
from defectstudio.domain.records import GeneratorRecord
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.style.blend import BlendSection
from defectstudio.gui.panels.style.classes import ClassSection
from defectstudio.gui.panels.style.gallery import GallerySection
from defectstudio.gui.panels.style.mixing import MixSection
from defectstudio.gui.panels.style.parts import action_button, muted
from defectstudio.gui.panels.style.reference import ReferenceSection
from defectstudio.gui.panels.style.seeds import SeedSection
from defectstudio.gui.previews import State


class StylePanel(QWidget):
    """Shows and changes the studio's choices. class_added: the name of a class to add."""

    class_added = Signal(str)

    def __init__(self, studio: Studio, actions: ActionBook) -> None:
        super().__init__()
        self._studio = studio
        self.classes = ClassSection(studio)
        self.classes.added.connect(self.class_added)
        self.seeds = SeedSection(studio, actions)
        self.gallery = GallerySection(studio)
        em = self.fontMetrics().height()
        self.gallery.head.addWidget(action_button(actions, "style.search", em))
        self.mix = MixSection(studio)
        self.blend = BlendSection(studio)
        self.reference = ReferenceSection()
        self._sections = (
            self.classes,
            self.seeds,
            self.gallery,
            self.mix,
            self.blend,
            self.reference,
        )
        self._state = muted()
        on_accent = QPalette.ColorRole.HighlightedText
        self.accept = QPushButton(icon("accept", on_accent), self.tr("Accept sample"))
        self.accept.setProperty("primary", True)
        self.accept.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.accept.clicked.connect(actions["sample.accept"].trigger)
        self.accept.setToolTip(actions["sample.accept"].toolTip())
        self._lay_out()

    def show_generators(self, generators: list[GeneratorRecord]) -> None:
        """Fill the generator selector; the studio's choice stays if it is there."""
        self.seeds.show_generators(generators)
        self.refresh()

    def refresh(self) -> None:
        """Show the studio's choices."""
        for section in self._sections:
            section.refresh()

    def show_state(self, state: State, took: int) -> None:
        """Say where the preview stands."""
        document = self._studio.document
        texts = {
            State.NOTHING: self.tr("Paint on a normal image to see a preview."),
            State.WAITING: self.tr("Preview is being made…"),
            State.SHOWN: self.tr("Preview made in {} ms").format(took),
            State.FAILED: self.tr("The preview failed; see the message above."),
        }
        if document is not None and document.is_unpainted:
            self._state.setText(self.tr("To be painted: brush over the defect."))
        elif document is not None and not document.is_background:
            self._state.setText(self.tr("A real defect: painting corrects its label."))
        else:
            self._state.setText(texts[state])
        self.accept.setEnabled(state in (State.WAITING, State.SHOWN))

    def choose_number(self, number: int) -> None:
        """Choose the n-th class, from 0."""
        self.classes.choose_number(number)

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        sections = QWidget()
        column = QVBoxLayout(sections)
        column.setContentsMargins(em * 2 // 3, 0, em * 2 // 3, 0)
        column.setSpacing(em // 4)
        for section in self._sections:
            column.addWidget(section)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(sections)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A bar that comes and goes would change the gallery's width and so its height, for ever.
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        bar = scroll.verticalScrollBar().sizeHint().width()
        scroll.setMinimumWidth(sections.minimumSizeHint().width() + bar)
        foot = QVBoxLayout()
        foot.setContentsMargins(em * 2 // 3, em // 3, em * 2 // 3, em * 2 // 3)
        foot.addWidget(self._state)
        foot.addWidget(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, em // 3, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        layout.addLayout(foot)
