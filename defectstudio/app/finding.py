"""Styles that are found and not thrown: what to ask for, and what the answer makes of a look."""

from __future__ import annotations

from dataclasses import replace

from defectstudio.app.gallery import browsed
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.recipes import painted_defects
from defectstudio.app.style import Look
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.events import StyleFound
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.records import GeneratorRecord, ImageRecord
from defectstudio.imaging.reading import read_label
from defectstudio.project.reclassing import VOID

TRIES = 12
"""Seeds of a search; each but the best one is also mixed into that, so 23 contents in all."""


def searched(recipe: Recipe, class_id: int) -> Recipe | None:
    """The class's largest defect alone, in a style of its own; None when it is not painted."""
    alone = browsed(recipe, class_id)
    if alone is None:
        return None
    (defect,) = alone.defects
    return replace(
        alone, defects=(replace(defect, style=replace(defect.style, mix=None, normal=())),)
    )


def real_defects(image: ImageRecord, class_id: int, generator: GeneratorRecord) -> Recipe:
    """All that is labeled on an image as defects of a recipe, the class's largest one first.

    Slow for large images. Raises ImageError for a label that cannot be read and ProjectError
    where the image does not show the class.
    """
    if class_id not in image.class_ids or image.label_file is None:
        raise ProjectError(
            "the image has no labeled defect of the class",
            subject=image.name,
            remedy="Choose another image, or the class that it shows.",
        )
    plane = LabelPlane(read_label(image.label_file))
    boxes = {one: box for one, box in plane.class_boxes().items() if one != VOID}
    defects = [replace(one, generator=generator.sha256) for one in painted_defects(plane, boxes)]
    defects.sort(key=lambda one: (one.class_id != class_id, -sum(one.mask.counts[1::2])))
    return Recipe(image.sha256, tuple(defects))


def found_look(look: Look, found: StyleFound, of: str = "") -> Look:
    """The look with the style that was found; of: the real defect that it was read from."""
    return replace(
        look,
        second=found.second or look.second,
        amount=found.amount,
        fine=False,
        normal=tuple(found.normal),
        of=of,
    )
