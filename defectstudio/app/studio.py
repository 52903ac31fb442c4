"""What is open, chosen and painted: the window's state without the window.

Everything here runs on the window's thread and returns at once.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from psygnal import Signal

from defectstudio.app.document import Document
from defectstudio.app.history import History
from defectstudio.app.label_plane import Plane
from defectstudio.app.recipes import painted_defects
from defectstudio.app.seed_marks import SeedMarks
from defectstudio.app.strokes import Change, Stroke, clear, replace_labels
from defectstudio.app.style import Look, StyleBook
from defectstudio.domain.generators import CONFIGS, STYLED
from defectstudio.domain.recipe import (
    BlendMode,
    BlendSettings,
    Defect,
    GrainSettings,
    Recipe,
    Style,
)
from defectstudio.domain.records import DefectClass, GeneratorRecord
from defectstudio.domain.run_config import RunConfig
from defectstudio.domain.seed_marks import Marks

MAX_BRUSH = 2000


class Studio:
    """One project's painting session.

    opened: another document; painted: a box of the open one changed on screen; edited: an edit
    is complete; changed: the change of any edit, undone or done; chosen: class, seed, look, marks,
    lock, blend, grain, polish or generator; wanted: an undo needs this image.
    """

    opened = Signal(object)
    painted = Signal(object)
    edited = Signal()
    changed = Signal(object)
    chosen = Signal()
    wanted = Signal(int)

    def __init__(self, rng: np.random.Generator, executor: Executor | None = None) -> None:
        self.history = History()
        self.styles = StyleBook(rng)
        self.seed_marks = SeedMarks()
        self.document: Document | None = None
        self.classes: tuple[DefectClass, ...] = ()
        self.generator: GeneratorRecord | None = None
        self.class_id = 0
        self.blend = BlendSettings()
        self.grain = GrainSettings()
        self.polish = 0
        self.brush = 12
        self._executor = executor
        self._stroke: Stroke | None = None
        self._waiting: list[tuple[int, Change]] = []

    def show(self, document: Document | None) -> None:
        """Make a document the one that is painted on."""
        self.cancel_stroke()
        self.document = document
        if document is not None:
            due = [change for image, change in self._waiting if image == document.record.id]
            self._waiting = [wait for wait in self._waiting if wait[0] != document.record.id]
            for change in due:
                change.apply(document.plane)
                document.revision += 1
                self.changed.emit(change)
        self.opened.emit(document)

    def show_classes(self, classes: tuple[DefectClass, ...]) -> None:
        """The classes that can be painted, in the order of their keys."""
        self.classes = classes
        ids = [defect.id for defect in classes]
        if self.class_id not in ids:
            self.class_id = ids[0] if ids else 0
        self.chosen.emit()

    # --- choices

    def choose_class(self, class_id: int) -> None:
        """Paint this class from now on."""
        self.class_id = class_id
        self.chosen.emit()

    def choose_seed(self, seed: int) -> None:
        """Give the class this style."""
        self.styles.choose(self.class_id, seed)
        self.chosen.emit()

    def roll(self) -> bool:
        """Throw the dice for the class; False when its style is locked."""
        rolled = self.styles.roll(self.class_id, self.marks(self.class_id).banned)
        self.chosen.emit()
        return rolled

    def roll_after(self, recipe: Recipe) -> None:
        """Throw the dice for all classes of an accepted recipe, so that the next one differs."""
        for class_id in {defect.class_id for defect in recipe.defects}:
            self.styles.roll(class_id, self.marks(class_id).banned)
        self.chosen.emit()

    def choose_look(self, look: Look) -> None:
        """Do this to the style of the class."""
        self.styles.choose_look(self.class_id, look)
        self.chosen.emit()

    @property
    def can_mix(self) -> bool:
        """Whether the generator's styles can be mixed."""
        return self.generator is not None and self.generator.kind in STYLED

    def marks(self, class_id: int) -> Marks:
        """The favourite and banned seeds of a class under the generator."""
        return self.seed_marks.of(self.generator.sha256 if self.generator else "", class_id)

    def show_marks(self, marks: SeedMarks) -> None:
        """The marked seeds of the project."""
        self.seed_marks = marks
        self.chosen.emit()

    def lock(self, locked: bool) -> None:
        """Keep the class's style."""
        self.styles.lock(self.class_id, locked)
        self.chosen.emit()

    def choose_blend(self, blend: BlendSettings) -> None:
        """Blend like this."""
        self.blend = blend
        self.chosen.emit()

    def choose_grain(self, grain: GrainSettings) -> None:
        """Give blended defects so much of the background's noise."""
        self.grain = grain
        self.chosen.emit()

    def choose_polish(self, iterations: int) -> None:
        """Let the generator refine contents at their place; see `recipe.Defect.polish`."""
        self.polish = iterations
        self.chosen.emit()

    @property
    def can_polish(self) -> bool:
        """Whether the generator refines contents."""
        return self.generator is not None and self.generator.kind == "dst"

    def choose_generator(self, generator: GeneratorRecord | None) -> None:
        """Take contents from this generator, blended as its kind wants where kinds differ."""
        before, now = (_blend_mode(one) for one in (self.generator, generator))
        if before != now:
            self.blend = replace(self.blend, mode=now)
        self.generator = generator
        self.chosen.emit()

    def resize_brush(self, diameter: int) -> None:
        """Brush diameter in pixels, held within 1..2000."""
        self.brush = min(MAX_BRUSH, max(1, diameter))
        self.chosen.emit()

    def step_brush(self, direction: int) -> None:
        """A tenth larger (1) or smaller (-1), at least a pixel."""
        self.resize_brush(self.brush + direction * max(1, self.brush // 8))

    # --- strokes

    @property
    def stroking(self) -> bool:
        """Whether a stroke is under way."""
        return self._stroke is not None

    def start_stroke(self, row: float, column: float, *, erase: bool) -> bool:
        """Begin to paint the class, or to erase. False when there is nothing to paint (on)."""
        if self.document is None or not (erase or self.class_id):
            return False
        value = 0 if erase else self.class_id
        self._stroke = Stroke(self.document.plane, self.brush, value, self._executor)
        self.extend_stroke(row, column)
        return True

    def extend_stroke(self, row: float, column: float) -> None:
        """Paint up to here."""
        box = self._stroke.extend((row, column)) if self._stroke else None
        if box is not None:
            self.painted.emit(box)

    def end_stroke(self) -> None:
        """Put the stroke on the undo stack."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            self._done("Stroke", stroke.finish())

    def cancel_stroke(self) -> None:
        """Take the stroke under way back."""
        stroke, self._stroke = self._stroke, None
        box = stroke.cancel() if stroke else None
        if box is not None:
            self.painted.emit(box)

    def clear(self) -> None:
        """Wipe the open plane, as one undoable edit."""
        if self.document is not None and self._stroke is None:
            change = clear(self.document.plane, self._executor)
            if change is not None:
                self.painted.emit(change.box)
            self._done("Clear", change)

    def overwrite(self, text: str, labels: Plane) -> None:
        """Replace all that is painted on the open image, as one undoable edit."""
        self.cancel_stroke()
        if self.document is not None:
            change = replace_labels(self.document.plane, labels, self._executor)
            if change is not None:
                self.painted.emit(change.box)
            self._done(text, change)

    def pick(self, row: float, column: float) -> None:
        """Choose the class painted at a place."""
        if self.document is None:
            return
        height, width = self.document.plane.shape
        if 0 <= row < height and 0 <= column < width:
            value = int(self.document.plane.labels[int(row), int(column)])
            if value in {defect.id for defect in self.classes}:
                self.choose_class(value)

    def apply(self, image_id: int, change: Change) -> None:
        """Undo or redo a change, opening its image first where needed."""
        self.cancel_stroke()
        if self.document is None or self.document.record.id != image_id:
            self._waiting.append((image_id, change))
            self.wanted.emit(image_id)
            return
        box = change.apply(self.document.plane)
        self.document.revision += 1
        self.changed.emit(change)
        self.painted.emit(box)
        self.edited.emit()

    def _done(self, text: str, change: Change | None) -> None:
        if change is None or self.document is None:
            return
        self.document.revision += 1
        self.history.push(PaintCommand(self, text, self.document.record.id, change))
        self.changed.emit(change)
        self.edited.emit()

    # --- the recipe

    def recipe(self, project: str) -> Recipe | None:
        """What is to be made of all this, frozen; None when nothing is painted on a background."""
        document, generator = self.document, self.generator
        if document is None or generator is None or not document.takes_samples:
            return None
        known = {defect.id for defect in self.classes}
        boxes = {key: box for key, box in document.plane.class_boxes().items() if key in known}
        if not boxes:
            return None
        seeds = {class_id: self.styles.seed(class_id) for class_id in boxes}
        painted = painted_defects(document.plane.labels, boxes, seeds, generator.sha256)
        defects = tuple(self._styled(defect) for defect in painted)
        return Recipe(document.record.sha256, defects, project, self.blend, self.grain)

    def _styled(self, defect: Defect) -> Defect:
        """With what its class and the generator add to the seed."""
        look = self.styles.look(defect.class_id)
        return replace(
            defect,
            style=look.style if self.can_mix else Style(),
            contrast=look.contrast,
            polish=self.polish if self.can_polish else 0,
        )


def _blend_mode(generator: GeneratorRecord | None) -> BlendMode:
    """How the contents of a generator are blended unless told otherwise."""
    config = RunConfig if generator is None else CONFIGS[generator.kind]
    return config().blend_mode


class PaintCommand:
    """A change of one image's plane on the undo stack."""

    def __init__(self, studio: Studio, text: str, image_id: int, change: Change) -> None:
        self.text = text
        self._studio, self._image_id, self._change = studio, image_id, change

    @property
    def cost(self) -> int:
        return self._change.cost

    def undo(self) -> None:
        self._studio.apply(self._image_id, self._change)

    def redo(self) -> None:
        self._studio.apply(self._image_id, self._change)
