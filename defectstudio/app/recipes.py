"""What is painted, as the defects of a recipe."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import scipy

from defectstudio.app.document import Document
from defectstudio.app.label_plane import BLOCK, LabelPlane, union
from defectstudio.app.style import Look
from defectstudio.domain.generators import CONFIGS, STYLED
from defectstudio.domain.recipe import BlendMode, Defect, Recipe, Style
from defectstudio.domain.records import GeneratorRecord
from defectstudio.domain.run_config import RunConfig
from defectstudio.imaging.masks import Box, bounding_box, encode
from defectstudio.imaging.types import Mask

CELL = 8
"""Pixels of a class closer than one to two cells belong to one defect."""

MOST = 48
"""With more parts than this the class is speckled, and one defect again."""

_TOUCHING = np.ones((3, 3), dtype=bool)


def painted_defects(plane: LabelPlane, boxes: Mapping[int, Box]) -> tuple[Defect, ...]:
    """One defect for each painted part of each class; seed and generator are to be filled in.

    boxes: the bounding box of each class to use.
    Parts that lie apart are defects of their own: in one box they would have to share a canvas,
    and the generator would draw them small.
    """
    return tuple(
        Defect(class_id, 0, encode(mask), place.top, place.left, "")
        for class_id, box in boxes.items()
        for mask, place in parts(plane, class_id, box)
    )


class Painted:
    """What is painted on a document, as defects: cut once for each edit, it may take long."""

    def __init__(self) -> None:
        self._document: Document | None = None
        self._key: tuple[int, tuple[int, ...]] | None = None
        self._defects: tuple[Defect, ...] = ()

    def defects(
        self, document: Document, class_ids: Collection[int], *, settled: bool
    ) -> tuple[Defect, ...]:
        """As `painted_defects`, of these classes. settled: no edit is under way."""
        boxes = {i: box for i, box in document.plane.class_boxes().items() if i in class_ids}
        key = document.revision, tuple(boxes)
        if not settled:
            return painted_defects(document.plane, boxes)
        if document is not self._document or key != self._key:
            self._document, self._key = document, key
            self._defects = painted_defects(document.plane, boxes)
        return self._defects


def parts(plane: LabelPlane, class_id: int, box: Box) -> list[tuple[Mask, Box]]:
    """The parts of a class that lies in `box`, each in its tight box, in raster order."""
    numbers, count = scipy.ndimage.label(_cells(plane, class_id, box), structure=_TOUCHING)
    if not 1 < count <= MOST:
        return [_tight(plane.labels[box.slices] == class_id, box)]
    found = []
    for number, (rows, columns) in enumerate(scipy.ndimage.find_objects(numbers), start=1):
        area = Box(
            rows.start * CELL,
            columns.start * CELL,
            (rows.stop - rows.start) * CELL,
            (columns.stop - columns.start) * CELL,
        ).clipped(box.shape)
        own = (numbers[rows, columns] == number).repeat(CELL, axis=0).repeat(CELL, axis=1)
        place = area.moved(box.top, box.left)
        part = (plane.labels[place.slices] == class_id) & own[: area.height, : area.width]
        found.append(_tight(part, place))
    return found


def styled(
    defect: Defect, seed: int, generator: GeneratorRecord, look: Look, polish: int
) -> Defect:
    """A painted defect with its generator, its style, and what of it the generator can do."""
    return replace(
        defect,
        seed=seed,
        generator=generator.sha256,
        style=look.style if can_mix(generator) else Style(),
        contrast=look.contrast,
        polish=polish if can_polish(generator) else 0,
    )


def can_mix(generator: GeneratorRecord | None) -> bool:
    """Whether the generator's styles can be mixed."""
    return generator is not None and generator.kind in STYLED


def can_polish(generator: GeneratorRecord | None) -> bool:
    """Whether the generator refines contents at their place."""
    return generator is not None and generator.kind == "dst"


def blend_mode_of(generator: GeneratorRecord | None) -> BlendMode:
    """How the contents of a generator are blended unless told otherwise."""
    config = RunConfig if generator is None else CONFIGS[generator.kind]
    return config().blend_mode


def recipe_box(recipe: Recipe, shape: tuple[int, int]) -> Box:
    """The part of an image of `shape` that the recipe's defects may change."""
    boxes = [defect_box(defect) for defect in recipe.defects]
    whole = boxes[0]
    for box in boxes[1:]:
        whole = union(whole, box)
    return whole.clipped(shape)


def defect_box(defect: Defect) -> Box:
    """Where the painted mask lies; it may hang over the image's border."""
    return Box(defect.top, defect.left, defect.mask.height, defect.mask.width)


def same_sample(first: Recipe, second: Recipe) -> bool:
    """Whether two recipes make the same picture; versions are not compared."""
    return replace(first, versions={}) == replace(second, versions={})


def _cells(plane: LabelPlane, class_id: int, box: Box) -> Mask:
    """Which CELL x CELL squares of the box hold a pixel of the class.

    Only what may hold paint is looked at: scratches in two corners have a box as large as the
    image.
    """
    cells = np.zeros((-(-box.height // CELL), -(-box.width // CELL)), np.bool_)
    for top in range(0, box.height, BLOCK):
        for left in range(0, box.width, BLOCK):
            part = Box(top, left, BLOCK, BLOCK).clipped(box.shape).moved(box.top, box.left)
            if plane.may_hold_paint(part):
                own = _pooled(plane.labels[part.slices] == class_id)
                rows, columns = top // CELL, left // CELL
                cells[rows : rows + own.shape[0], columns : columns + own.shape[1]] = own
    return cells


def _pooled(mask: Mask) -> Mask:
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % CELL), (0, -width % CELL)))
    # A row of a cell is eight bytes: one word, so that a line scan takes no second.
    rows = padded.view(np.uint64).reshape(-1, CELL, padded.shape[1] // CELL)
    return np.asarray(np.bitwise_or.reduce(rows, axis=1) != 0)


def _tight(mask: Mask, box: Box) -> tuple[Mask, Box]:
    inner = bounding_box(mask)
    assert inner is not None, "a part without a pixel"
    return mask[inner.slices], inner.moved(box.top, box.left)
