"""Many styles of one painted defect, each a small picture of it on its background."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.app import recipes
from defectstudio.app.display import Window, shown
from defectstudio.app.label_plane import union
from defectstudio.app.style import StyleBook
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.records import GeneratorRecord
from defectstudio.domain.seed_marks import Marks
from defectstudio.imaging.compose import PlacedContent, compose
from defectstudio.imaging.masks import Box
from defectstudio.imaging.noise import MARGIN
from defectstudio.imaging.types import Image

SIZE = 12
"""Tiles of a gallery."""
AT_ONCE = 3
"""Tiles made in one call at most: a preview asked for meanwhile waits for no more than these."""
SIDE = 192
"""Pixels of a tile at most."""


def browsed(recipe: Recipe, class_id: int) -> Recipe | None:
    """The recipe of a gallery of the class: its largest defect alone, whatever its seed.

    Two recipes whose galleries are alike give equal ones. Refinement is left out: it takes
    seconds a content. None when the class is not painted.
    """
    own = [defect for defect in recipe.defects if defect.class_id == class_id]
    if not own:
        return None
    largest = max(own, key=lambda defect: sum(defect.mask.counts[1::2]))
    return replace(recipe, defects=(replace(largest, seed=0, polish=0),))


def at_once(recipe: Recipe, generator: GeneratorRecord | None) -> int:
    """How many tiles to ask for: one where the worker makes each by itself, and slowly."""
    alone = not recipes.can_mix(generator) or recipe.defects[0].contrast > 0
    return 1 if alone else AT_ONCE


def gallery_seeds(styles: StyleBook, marks: Marks) -> tuple[int, ...]:
    """The newest favourites, half of the gallery at most, then fresh throws of the dice."""
    favourites = marks.favourites[: -SIZE // 2 - 1 : -1]
    fresh = styles.draw(SIZE - len(favourites), {*marks.favourites, *marks.banned})
    return (*favourites, *fresh)


def tile(
    background: Image, content: PlacedContent, recipe: Recipe, window: Window
) -> NDArray[np.uint8]:
    """The content blended alone, and a part of its surroundings: (side, side[, 3]), for looking.

    background: the whole of it; only what is shown is read. Square but at the image's borders.
    """
    defect = recipes.defect_box(recipe.defects[0])
    view = _view(defect)
    part = union(defect.grown(MARGIN), view).clipped(background.shape)
    moved = replace(content, top=content.top - part.top, left=content.left - part.left)
    image = background[part.slices]
    made = compose(image, [moved], recipe.blend, recipe.grain, recipe.refine).image
    seen = view.clipped(background.shape).moved(-part.top, -part.left)
    return _fitted(shown(made[seen.slices], window))


def _view(defect: Box) -> Box:
    """A square around a defect with a fifth of air on each side."""
    side = max(defect.height, defect.width) * 7 // 5 + 8
    top = defect.top + (defect.height - side) // 2
    left = defect.left + (defect.width - side) // 2
    return Box(top, left, side, side)


def _fitted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    share = SIDE / max(height, width)
    if share >= 1:
        return image
    size = max(1, round(width * share)), max(1, round(height * share))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
