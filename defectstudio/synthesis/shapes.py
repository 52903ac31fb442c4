"""Defect shapes: the parts of real label planes, as masks of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from defectstudio.domain.errors import UserError
from defectstudio.domain.specs import LabeledFile
from defectstudio.imaging.masks import Box, components
from defectstudio.imaging.reading import read_label
from defectstudio.imaging.types import Mask

JOIN_PX = 6
"""Parts of one class no farther apart than this are one defect (a broken crack is one crack)."""
MIN_AREA = 6
"""Smaller parts are label dust."""


def parts(mask: Mask) -> Iterator[tuple[Box, Mask]]:
    """The defects of one class's mask (H, W): the box and the mask (h, w) within it."""
    for own, box in components(mask, JOIN_PX):
        if own.sum() >= MIN_AREA:
            yield box, own


def shapes_by_class(
    files: Sequence[LabeledFile], class_ids: Sequence[int]
) -> dict[int, list[Mask]]:
    """Every class's shapes in the order of the files. Raises UserError for a class without any."""
    shapes: dict[int, list[Mask]] = {class_id: [] for class_id in class_ids}
    for file in files:
        label = read_label(file.label)
        for class_id in class_ids:
            shapes[class_id] += [mask for _, mask in parts(label == class_id)]
    for class_id, own in shapes.items():
        if not own:
            raise UserError(
                f"class {class_id} has no labeled defect to take shapes from",
                remedy="Pass a painted mask with --mask, or label an image of this class.",
            )
    return shapes
