"""Styles found for the class: the one that fits what is painted, or a real defect's own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from defectstudio.app.finding import TRIES, found_look, real_defects, searched
from defectstudio.app.recipes import can_mix
from defectstudio.app.studio import Studio
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.events import StyleFound
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.records import ImageRecord
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.previews import Previewing
from defectstudio.project.project import Project


class Styling(QObject):
    """failed: an error; noted: a text; busy: whether a style is being looked for."""

    failed = Signal(object)
    noted = Signal(str)
    busy = Signal(bool)

    def __init__(
        self,
        project: Project,
        studio: Studio,
        source: Previewing,
        *,
        files: Background,
        bridge: Bridge,
    ) -> None:
        super().__init__()
        self._project, self._studio, self._source = project, studio, source
        self._files, self._bridge = files, bridge

    def search(self) -> None:
        """Give the class the style that fits its painted mask best."""
        studio, class_id = self._studio, self._studio.class_id
        recipe = studio.recipe(self._project.id)
        wanted = None if recipe is None else searched(recipe, class_id)
        if wanted is None:
            self.noted.emit(self.tr("Paint this class on a normal image first."))
        elif self._may(self.tr("This kind of generator has no styles to search.")):
            seeds = studio.styles.draw(TRIES, studio.marks(class_id).banned)
            self._ask(wanted, seeds, lambda found: self._searched(class_id, found))

    def read(self, image: ImageRecord) -> None:
        """Give the class the look of the largest defect of it on a real image."""
        studio, class_id = self._studio, self._studio.class_id
        generator = studio.generator
        if generator is not None and self._may(
            self.tr("This kind of generator cannot take the look of a defect.")
        ):
            self._files.run(
                lambda: real_defects(image, class_id, generator),
                lambda recipe: self._ask(
                    recipe, [], lambda found: self._was_read(class_id, image.name, found)
                ),
                self.failed.emit,
            )

    def forget(self) -> None:
        """Draw the class in the style of its seed again."""
        studio = self._studio
        studio.choose_look(studio.styles.look(studio.class_id).forgotten)

    def _may(self, refusal: str) -> bool:
        able = can_mix(self._studio.generator)
        if not able:
            self.noted.emit(refusal)
        return able

    def _ask(self, recipe: Recipe, seeds: list[int], done: Callable[[StyleFound], None]) -> None:
        generator = self._studio.generator

        def found(answer: StyleFound) -> None:
            self.busy.emit(False)
            if self._studio.generator == generator:
                done(answer)

        def refused(error: DefectStudioError) -> None:
            self.busy.emit(False)
            self.failed.emit(error)

        self.busy.emit(True)
        self._source.find_style(
            recipe,
            seeds,
            lambda answer: self._bridge.post(lambda: found(answer)),
            lambda error: self._bridge.post(lambda: refused(error)),
        )

    def _searched(self, class_id: int, found: StyleFound) -> None:
        look = found_look(self._studio.styles.look(class_id), found)
        self._studio.take_style(class_id, found.seed, look)
        text = self.tr("The best of {} styles is chosen (fit {:.2f} of 1).")
        self.noted.emit(text.format(2 * TRIES - 1, found.score))

    def _was_read(self, class_id: int, name: str, found: StyleFound) -> None:
        styles = self._studio.styles
        look = found_look(styles.look(class_id), found, name)
        self._studio.take_style(class_id, styles.seed(class_id), look)
        text = self.tr("The class has the look of {} now; lock it (Shift+R) to keep it.")
        self.noted.emit(text.format(name))
