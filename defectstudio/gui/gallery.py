"""The gallery of seeds: what the open page of it shows, made a few tiles at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from defectstudio.app import gallery
from defectstudio.app.document import Document
from defectstudio.app.seed_marks import SeedMarks, mark_seed, read_marks
from defectstudio.app.studio import Studio
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.seed_marks import Mark
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.previews import Previewing
from defectstudio.gui.telling import in_words
from defectstudio.imaging.compose import PlacedContent
from defectstudio.project.project import Project

SETTLE_MS = 400
"""A gallery is work for the same worker as the preview: it waits until nobody paints."""


@dataclass(frozen=True)
class Tile:
    """A seed, its picture uint8 (h, w) or (h, w, 3) once it is made, and its mark."""

    seed: int
    picture: NDArray[np.uint8] | None = None
    mark: Mark | None = None


class Gallery(QObject):
    """Tiles of the studio's class in the mask that is painted now, while they are looked at.

    changed: the tiles; failed: an error of the marks; refused: why there is no gallery, "" when
    there is one.
    """

    changed = Signal()
    failed = Signal(object)
    refused = Signal(str)

    def __init__(
        self, project: Project, studio: Studio, source: Previewing, bridge: Bridge
    ) -> None:
        super().__init__()
        self._project, self._studio, self._source, self._bridge = project, studio, source, bridge
        self._blender = Background("gallery", bridge)
        self._looked_at = False
        self._seeds: dict[tuple[str, int], tuple[int, ...]] = {}
        self._recipe: Recipe | None = None
        self._shown_key = ("", 0)
        self._pictures: dict[int, NDArray[np.uint8]] = {}
        self._under_way = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._settle)
        self._blender.run(lambda: read_marks(project.root), studio.show_marks, self.failed.emit)

    @property
    def tiles(self) -> list[Tile]:
        """The gallery of the class: its seeds, with the pictures that are there."""
        marks = self._studio.marks(self._studio.class_id)
        return [
            Tile(seed, self._pictures.get(seed), marks.of(seed)) for seed in self._current_seeds()
        ]

    def look(self, looked_at: bool) -> None:
        """Somebody looks at the gallery, or nobody does any more."""
        self._looked_at = looked_at
        self.refresh()

    def refresh(self) -> None:
        """What the gallery depends on may have changed."""
        if not self._looked_at:
            self._timer.stop()
            return
        if self._key != self._shown_key:
            self._start_anew(None)
        self._timer.start()
        self.changed.emit()

    @property
    def settling(self) -> bool:
        """Whether it is not known yet what the gallery is to show."""
        return self._timer.isActive()

    def take(self, seed: int) -> None:
        """Give the class this seed."""
        self._studio.choose_seed(seed)

    def mark(self, seed: int, mark: Mark | None) -> None:
        """Mark a seed of the class under the generator, or take its mark away."""
        generator, class_id = self._studio.generator, self._studio.class_id
        if generator is None:
            return

        def work() -> SeedMarks:
            return mark_seed(self._project.root, generator.sha256, class_id, seed, mark)

        self._blender.run(work, self._studio.show_marks, self.failed.emit)

    def draw(self) -> None:
        """Other seeds: the favourites, and fresh throws of the dice."""
        self._seeds.pop(self._key, None)
        self._start_anew(self._recipe)
        self.refresh()

    def close(self) -> None:
        """End the thread; marks that were made are written."""
        self._timer.stop()
        self._blender.close()

    @property
    def _key(self) -> tuple[str, int]:
        generator = self._studio.generator
        return generator.sha256 if generator else "", self._studio.class_id

    def _current_seeds(self) -> tuple[int, ...]:
        if self._recipe is None:
            return ()
        if self._key not in self._seeds:
            marks = self._studio.marks(self._studio.class_id)
            self._seeds[self._key] = gallery.gallery_seeds(self._studio.styles, marks)
        return self._seeds[self._key]

    def _settle(self) -> None:
        recipe = None if self._studio.stroking else self._studio.recipe(self._project.id)
        wanted = None if recipe is None else gallery.browsed(recipe, self._studio.class_id)
        if wanted != self._recipe:
            self._start_anew(wanted)
        self.changed.emit()
        self._go_on()

    def _start_anew(self, recipe: Recipe | None) -> None:
        """Forget the pictures; answers to what was asked before come too late."""
        self._recipe, self._shown_key = recipe, self._key
        self._pictures, self._under_way = {}, False

    def _go_on(self) -> None:
        """Ask for the next tiles that are missing."""
        recipe, document = self._recipe, self._studio.document
        missing = [seed for seed in self._current_seeds() if seed not in self._pictures]
        if recipe is None or document is None or not missing or self._under_way:
            return
        self._under_way = True
        self._source.browse(
            recipe,
            missing[: gallery.at_once(recipe, self._studio.generator)],
            lambda contents: self._bridge.post(lambda: self._blend(recipe, document, contents)),
            lambda error: self._bridge.post(lambda: self._refuse(recipe, error)),
        )

    def _blend(self, recipe: Recipe, document: Document, contents: list[PlacedContent]) -> None:
        if recipe is not self._recipe:
            return

        def work() -> dict[int, NDArray[np.uint8]]:
            return {
                one.seed: gallery.tile(document.native, one, recipe, document.window)
                for one in contents
            }

        self._blender.run(
            work, lambda made: self._show(recipe, made), lambda error: self._refuse(recipe, error)
        )

    def _show(self, recipe: Recipe, made: dict[int, NDArray[np.uint8]]) -> None:
        if recipe is not self._recipe:
            return
        self._pictures.update(made)
        self._under_way = False
        self.refused.emit("")
        self.changed.emit()
        if self._looked_at:
            self._go_on()

    def _refuse(self, recipe: Recipe, error: DefectStudioError) -> None:
        if recipe is self._recipe:
            self._under_way = False
            self.refused.emit(in_words(error))
