"""Real reference defects, cut out with some surface around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from defectstudio.domain.errors import UserError
from defectstudio.domain.run_config import Tone
from defectstudio.domain.specs import LabeledFile
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.reading import read_image, read_label
from defectstudio.imaging.surface import surface_under
from defectstudio.imaging.tone import surround
from defectstudio.imaging.types import Image, Label, Mask, Unit, planes
from defectstudio.networks.transfer_net.regions import AROUND_PX
from defectstudio.training.contents import widened


@dataclass(frozen=True)
class Reference:
    """H[M]: the defects of one class in one image.

    class_id; pixels float32 (h, w, C) in [0, 1], in absolute or relative tone, the mask's box and
    AROUND_PX around it; mask bool (h, w).
    """

    class_id: int
    pixels: Unit
    mask: Mask


def cut_references(
    files: Sequence[LabeledFile],
    class_ids: Sequence[int],
    tone: Tone,
    widen: Mapping[int, int] = MappingProxyType({}),
) -> list[Reference]:
    """One reference for every image and class that it shows, grey where all images are.

    widen: by class id, how many pixels its masks are dilated (RunConfig.dilate). Raises UserError
    for an image and label of different sizes, and where no image shows a class.
    """
    pairs = [(read_image(file.image), read_label(file.label)) for file in files]
    for file, (image, label) in zip(files, pairs, strict=True):
        if image.shape[:2] != label.shape:
            raise UserError(
                f"its label is {label.shape[1]}x{label.shape[0]}, the picture"
                f" {image.shape[1]}x{image.shape[0]}",
                subject=file.image,
                remedy="Import the image again with a mask of its own size.",
            )
    channels = max(planes(image).shape[2] for image, _ in pairs)
    found = [
        _cut(image, _widened(label, class_id, widen.get(class_id, 0)), (class_id, channels), tone)
        for image, label in pairs
        for class_id in class_ids
        if (label == class_id).any()
    ]
    missing = set(class_ids) - {reference.class_id for reference in found}
    if missing or not found:
        raise UserError(
            f"no reference shows a defect of class id {sorted(missing)}",
            remedy="Paint the defect's mask on a reference, or name another one.",
        )
    return found


def _widened(label: Label, class_id: int, px: int) -> Label:
    """The label, its class dilated over what is no defect."""
    tight = bounding_box(label == class_id)
    assert tight is not None
    box, mask = widened(tight, label[tight.slices] == class_id, label, px)
    wide = label.copy()
    wide[box.slices][mask] = class_id
    return wide


def _cut(image: Image, label: Label, wanted: tuple[int, int], tone: Tone) -> Reference:
    """wanted: class id and channels."""
    class_id, channels = wanted
    mask = label == class_id
    tight = bounding_box(mask)
    assert tight is not None
    inside = mask[tight.slices]
    place = (tight.top, tight.left)
    level = surround(image, inside, place, ignored=label > 0) if tone == "relative" else None
    box: Box = tight.grown(AROUND_PX).clipped(image.shape)
    if level is not None and len(level) != channels:
        level = np.broadcast_to(level, channels)
    return Reference(class_id, surface_under(image, box, channels, level), mask[box.slices])
