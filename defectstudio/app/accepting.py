"""A prediction accepted as a real label, each part of it of its own class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.app.judged import JudgedPicture
from defectstudio.app.labels import check_no_background
from defectstudio.domain.errors import ProjectError
from defectstudio.imaging.masks import Box, components
from defectstudio.imaging.types import Label, Mask
from defectstudio.project.curation import PREDICTED
from defectstudio.project.project import Project
from defectstudio.project.reclassing import VOID

_RIM = (255, 214, 10)
_ROOM = 6
"""Pixels around a part in its picture, at least."""


@dataclass(frozen=True)
class FoundPart:
    """A connected part of what was found: its mask in its box, and its class, 0: no defect."""

    box: Box
    mask: Mask
    class_id: int

    @property
    def pixels(self) -> int:
        """How many were found."""
        return int(np.count_nonzero(self.mask))


def found_parts(picture: JudgedPicture, threshold: float, class_id: int) -> list[FoundPart]:
    """What is found at the threshold, the largest part first. Slow for large images.

    Parts are of the class that the segmenter says where it tells classes apart; else of that which
    the label has there, or of `class_id` where it has none.
    """
    found = picture.outcomes.found(threshold)
    kinds = picture.kinds
    classes = [0] if kinds is None else np.unique(kinds[found]).tolist()
    parts = [
        FoundPart(box, mask, kind or _labeled(picture.label, box, mask) or class_id)
        for kind in classes
        for mask, box in components(found if kinds is None else found & (kinds == kind))
    ]
    return sorted(parts, key=lambda part: -part.pixels)


def accept_prediction(project: Project, picture: JudgedPicture, parts: Sequence[FoundPart]) -> None:
    """Make the parts the label of the image; those of class 0 are left out.

    Raises ProjectError where none is left, the label cannot be saved, or the image is the
    background of samples (`labels.check_no_background`).
    """
    kept = [part for part in parts if part.class_id]
    if picture.record is None or not kept:
        raise ProjectError(
            "nothing that was found is to be a defect",
            subject=picture.record.name if picture.record else picture.image.sha256[:12],
            remedy="Choose a lower threshold, or draw the label in Paint.",
        )
    check_no_background(project, project.image(picture.record.id))
    label = np.zeros(picture.outcomes.shape, np.uint8)
    for part in kept:
        label[part.box.slices][part.mask] = part.class_id
    project.save_label(picture.record.id, label, PREDICTED)


def part_picture(levels: NDArray[np.uint8], part: FoundPart) -> NDArray[np.uint8]:
    """The part in a square of its surroundings, its rim drawn: uint8 RGB.

    levels: the image for the screen, (H, W) or (H, W, 3 or more).
    """
    box, longest = part.box, max(part.box.height, part.box.width)
    side = longest + 2 * max(_ROOM, longest // 3)
    top, left = box.top + (box.height - side) // 2, box.left + (box.width - side) // 2
    view = Box(top, left, side, side).clipped(levels.shape[:2])
    seen = levels[view.slices]
    grey = seen[..., None] if seen.ndim == 2 else seen
    drawn = np.array(np.broadcast_to(grey[..., :3], (*seen.shape[:2], 3)))
    inside = np.zeros(seen.shape[:2], bool)
    inside[part.box.moved(-view.top, -view.left).slices] = part.mask
    padded = np.pad(inside, 1)
    core = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    drawn[inside & ~core] = _RIM
    return drawn


def _labeled(label: Label, box: Box, mask: Mask) -> int:
    """The class that most of the part has in the label, 0 where it has none."""
    counts = np.bincount(label[box.slices][mask], minlength=256)
    counts[[0, VOID]] = 0
    return int(counts.argmax()) if counts.any() else 0
