"""What is open, chosen and painted: the window's state without the window.

Everything here runs on the window's thread and returns at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from psygnal import Signal

from defectstudio.app.brush import Brush, Point
from defectstudio.app.document import Document
from defectstudio.app.history import History
from defectstudio.app.label_plane import LabelPlane, Plane
from defectstudio.app.paint_command import PaintCommand
from defectstudio.app.recipes import Painted, blend_mode_of, styled
from defectstudio.app.seed_marks import SeedMarks
from defectstudio.app.strokes import Change, Stroke, replace_labels
from defectstudio.app.style import Look, StyleBook
from defectstudio.app.tool_settings import ToolSettings
from defectstudio.domain.recipe import (
    BlendSettings,
    GrainSettings,
    Recipe,
)
from defectstudio.domain.records import DefectClass, GeneratorRecord, ImageRecord
from defectstudio.domain.seed_marks import Marks
from defectstudio.imaging.masks import Box, decode
from defectstudio.imaging.types import Mask


class Studio:
    """One project's painting session.

    opened: another document; painted: a box of the open one changed on screen; edited: an edit
    is complete; changed: the change of any edit, undone or done; chosen: class, seed, look, marks,
    locks, blend, grain, polish or generator; refused: a Refusal, why a tool did nothing; zoned: an
    edit of the open image's region is complete; wanted: an undo needs this image.
    """

    opened = Signal(object)
    painted = Signal(object)
    edited = Signal()
    changed = Signal(object)
    chosen = Signal()
    refused = Signal(object)
    zoned = Signal()
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
        self.tools = ToolSettings()
        self.erasing = False
        self.locked: frozenset[int] = frozenset()
        self._executor = executor
        self._painted = Painted()
        self._stroke: Stroke | None = None
        self._live = False
        self._text = ""
        self._rng = rng
        self._tip: Point = (0.0, 0.0)
        self.on_region = False
        self._waiting: list[PaintCommand] = []

    def show(self, document: Document | None) -> None:
        """Make a document the one that is painted on."""
        self.cancel_stroke()
        self.document = document
        if document is not None:
            self._follow(document.record)
            due = [each for each in self._waiting if each.image_id == document.record.id]
            self._waiting = [each for each in self._waiting if each not in due]
            for command in due:
                self._apply(document, command)
            self.opened.emit(document)
            if any(each.on_region for each in due):
                self.zoned.emit()
        else:
            self.opened.emit(None)

    def _follow(self, record: ImageRecord) -> None:
        """Choose the class of a real defect that is still to be painted."""
        if record.label_file is None and len(record.class_ids) == 1:
            self.choose_class(record.class_ids[0])

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
        self.class_id, self.erasing = class_id, False
        self.chosen.emit()

    def choose_seed(self, seed: int) -> None:
        """Give the class this style."""
        self.styles.choose(self.class_id, seed)
        self.chosen.emit()

    def seed(self, class_id: int) -> int:
        """The style of a class."""
        return self.styles.seed(class_id, self.marks(class_id).banned)

    def roll(self) -> bool:
        """Throw the dice for the class; False when its style is locked."""
        rolled = self.styles.roll(self.class_id, self.marks(self.class_id).banned)
        self.chosen.emit()
        return rolled

    def roll_after(self, recipe: Recipe) -> None:
        """Throw the dice for all classes of an accepted recipe, so that the next one differs.

        Its last defect is what the stamp draws from now on.
        """
        for class_id in {defect.class_id for defect in recipe.defects}:
            self.styles.roll(class_id, self.marks(class_id).banned)
        self.tools.stamp = decode(recipe.defects[-1].mask)
        self.chosen.emit()

    def choose_look(self, look: Look) -> None:
        """Do this to the style of the class."""
        self.styles.choose_look(self.class_id, look)
        self.chosen.emit()

    def take_style(self, class_id: int, seed: int, look: Look) -> None:
        """Give a class a style that was found for it."""
        self.styles.choose(class_id, seed)
        self.styles.choose_look(class_id, look)
        self.chosen.emit()

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

    def choose_generator(self, generator: GeneratorRecord | None) -> None:
        """Take contents from this generator, blended as its kind wants where kinds differ."""
        before, now = (blend_mode_of(one) for one in (self.generator, generator))
        if self.generator and generator and self.generator.sha256 != generator.sha256:
            self.styles.forget_read()
        if before != now:
            self.blend = replace(self.blend, mode=now)
        self.generator = generator
        self.chosen.emit()

    def swap(self) -> None:
        """Paint background instead of the class, or the class again."""
        self.erasing = not self.erasing
        self.chosen.emit()

    def lock_class(self, class_id: int, locked: bool) -> None:
        """Let no tool but undo take pixels from a class, or let them again."""
        self.locked = self.locked | {class_id} if locked else self.locked - {class_id}
        self.chosen.emit()

    def show_locks(self, locked: frozenset[int]) -> None:
        """The classes of the item that no tool takes pixels from."""
        self.locked = locked
        self.chosen.emit()

    # --- the region

    def paint_region(self, wanted: bool) -> None:
        """Let the tools paint the region of backgrounds, or classes again."""
        self.cancel_stroke()
        self.on_region = wanted
        self.tools.changed.emit()

    def invert_region(self) -> None:
        """Let defects fall where they might not, as one undoable edit."""
        document = self.document
        if document is not None and document.is_background and self.on_region:
            self.end_stroke()
            plane = document.region_plane()
            change = replace_labels(plane, np.uint8(1) - plane.labels, self._executor)
            if change is not None:
                self.painted.emit(change.box)
            self._done("Invert region", change, on_region=True)

    @property
    def target(self) -> LabelPlane | None:
        """What tools paint on; a real defect image has no region."""
        document = self.document
        if document is None or not self.on_region:
            return None if document is None else document.plane
        return document.region_plane() if document.is_background else None

    @property
    def kept(self) -> frozenset[int]:
        """The classes that no tool takes pixels from."""
        return frozenset() if self.on_region else self.locked

    # --- strokes

    @property
    def stroking(self) -> bool:
        """Whether an edit is under way."""
        return self._stroke is not None

    @property
    def live(self) -> bool:
        """Whether an edit is under way that is previewed before its end."""
        return self.stroking and self._live

    def begin(self, text: str, *, erase: bool = False, live: bool = False) -> Stroke | None:
        """Begin an edit with the class, or one that erases; `text` names it in the menu.

        None when there is nothing to paint (on). What was under way is ended.
        """
        self.end_stroke()
        plane, value = self.target, 1 if self.on_region else self.class_id
        if plane is None or not (erase or value):
            return None
        self._text, self._live = text, live
        self._stroke = Stroke(
            plane,
            0 if erase or self.erasing else value,
            locked=self.kept,
            painted=self.painted.emit,
            executor=self._executor,
        )
        return self._stroke

    def start_stroke(
        self, row: float, column: float, *, erase: bool, pressure: float = 1.0
    ) -> bool:
        """Begin to paint with the brush. False when there is nothing to paint (on)."""
        started = self.begin("Stroke", erase=erase) is not None
        self._tip = (row, column)
        self.extend_stroke(row, column, pressure)
        return started

    def extend_stroke(self, row: float, column: float, pressure: float = 1.0) -> None:
        """Paint up to here; a pen's pressure in 0..1 scales the brush."""
        if self._stroke is not None:
            start, self._tip = self._tip, (row, column)
            brush = Brush(max(1.0, self.tools.size * pressure), self.tools.hardness)
            self._stroke.line(start, self._tip, brush)

    def end_stroke(self) -> None:
        """Put the edit under way on the undo stack."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            self._done(self._text, stroke.finish(), on_region=self.on_region)

    def cancel_stroke(self) -> None:
        """Take the edit under way back."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            stroke.cancel()

    def clear(self) -> None:
        """Wipe what no lock keeps of the open plane, as one undoable edit."""
        plane = self.target
        if plane is None or self._stroke is not None:
            return
        if (stroke := self.begin("Clear", erase=True)) is not None:
            for class_id, box in plane.class_boxes().items():
                stroke.put(box, plane.labels[box.slices] == class_id)
            self.end_stroke()

    def copy(self) -> bool:
        """Take what is painted of the class as the stamp; False when there is nothing."""
        boxes = self.document.plane.class_boxes() if self.document else {}
        if self.document is None or self.class_id not in boxes:
            return False
        area = self.document.plane.labels[boxes[self.class_id].slices]
        self.tools.choose_stamp(area == self.class_id)
        return True

    def take_shape(self, shapes: Sequence[Mask]) -> bool:
        """Stamp one of these shapes, another than now where there is one; False without any."""
        others = [shape for shape in shapes if shape is not self.tools.stamp] or shapes
        if others:
            self.tools.choose_stamp(others[int(self._rng.integers(len(others)))])
        return bool(others)

    def overwrite(self, text: str, labels: Plane) -> None:
        """Replace all that is painted on the open image, as one undoable edit."""
        self.cancel_stroke()
        if self.document is not None:
            change = replace_labels(self.document.plane, labels, self._executor)
            if change is not None:
                self.painted.emit(change.box)
            self._done(text, change, on_region=False)

    def pick(self, row: float, column: float) -> None:
        """Choose the class painted at a place."""
        if self.document is None:
            return
        height, width = self.document.plane.shape
        if 0 <= row < height and 0 <= column < width:
            value = int(self.document.plane.labels[int(row), int(column)])
            if value in {defect.id for defect in self.classes}:
                self.choose_class(value)

    def apply(self, command: PaintCommand) -> None:
        """Undo or redo a change, opening its image first where needed."""
        self.cancel_stroke()
        if self.document is None or self.document.record.id != command.image_id:
            self._waiting.append(command)
            self.wanted.emit(command.image_id)
            return
        self.painted.emit(self._apply(self.document, command))
        self._tell_edited(command)

    def _apply(self, document: Document, command: PaintCommand) -> Box:
        if command.on_region:
            return command.change.apply(document.region_plane())
        box = command.change.apply(document.plane)
        document.revision += 1
        self.changed.emit(command.change)
        return box

    def _done(self, text: str, change: Change | None, *, on_region: bool) -> None:
        if change is None or self.document is None:
            return
        command = PaintCommand(self.apply, text, self.document.record.id, change, on_region)
        self.history.push(command)
        if not command.on_region:
            self.document.revision += 1
            self.changed.emit(change)
        self._tell_edited(command)

    def _tell_edited(self, command: PaintCommand) -> None:
        (self.zoned if command.on_region else self.edited).emit()

    # --- the recipe

    def recipe(self, project: str) -> Recipe | None:
        """What is to be made of all this, frozen; None when nothing is painted on a background."""
        document, generator = self.document, self.generator
        if document is None or generator is None or not document.takes_samples:
            return None
        known = {defect.id for defect in self.classes}
        painted = self._painted.defects(document, known, settled=not self.stroking)
        if not painted:
            return None
        defects = tuple(
            styled(
                one, self.seed(one.class_id), generator, self.styles.look(one.class_id), self.polish
            )
            for one in painted
        )
        return Recipe(document.record.sha256, defects, project, self.blend, self.grain)
