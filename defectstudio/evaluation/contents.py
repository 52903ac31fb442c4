"""Contents as they are compared: real and generated ones, in one tone on one grey canvas.

Whatever tone a generator works in, its content is first laid on a surface and then seen relative
to that surface (imaging.tone), as a real defect is. So every arm is compared with the same real
contents, and the grey of the canvas is the surface itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2

from defectstudio.domain.comparisons import GroupedFile
from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.compose import compose
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.reading import read_image, read_label, to_unit
from defectstudio.imaging.types import Image, Mask, Unit, planes
from defectstudio.metrics.canvases import Look, laid, on_canvas, resized
from defectstudio.metrics.labels import LabelAccuracy, label_accuracy
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.render import place_content
from defectstudio.training.contents import cut_image

_AROUND, _AROUND_PX = 1.5, 16
"""A crop is so many times the defect's longer side, and so many pixels more."""


@dataclass(frozen=True)
class Shown:
    """A content as it is compared.

    canvas: float32 (S, S, C) in relative tone, GREY outside mask, bool (S, S). crop: float32
    (S, S, C) in [0, 1], the image around the defect. source: SHA-256 of the real image, or of the
    background; group: the physical part of a real one.
    """

    class_id: int
    canvas: Unit
    mask: Mask
    crop: Unit
    source: str
    group: str = ""


@dataclass(frozen=True)
class Generated:
    """A generated content, how exact the label of its sample is, and how often it was drawn in vain
    before: it was empty, or a near-copy of a training content."""

    shown: Shown
    accuracy: LabelAccuracy
    empty_tries: int
    copies: int = 0


def real_contents(
    files: Sequence[GroupedFile], class_ids: Sequence[int], look: Look
) -> Iterator[Shown]:
    """All labeled defects of the files. Raises ImageError for a file that cannot be read."""
    for known in files:
        image, label = read_image(known.file.image), read_label(known.file.label)
        for box, content in cut_image(image, label, class_ids, "relative"):
            canvas, mask = on_canvas(content.pixels, content.mask, look)
            crop = crop_around(image, box, look)
            yield Shown(content.class_id, canvas, mask, crop, known.file.sha256, known.group)


def generated_content(batch: Batch, index: int, look: Look) -> Generated:
    """Content `index` of a batch of one defect a sample, and its blended sample.

    Raises UserError when the sample finds no place.
    """
    drawn = batch.draw(index)
    recipe, background = drawn.recipe, drawn.background
    generators = {batch.generator.card.weights_sha256: batch.generator}
    placed = place_content(recipe.defects[0], background, generators)
    sample = compose(background, [placed], recipe.blend, recipe.grain, recipe.refine)
    raw = sample.painted > 0
    canvas, mask = laid(placed, background, look)
    box = bounding_box(raw) or Box(placed.top, placed.left, *placed.raw_mask.shape)
    shown = Shown(
        placed.class_id, canvas, mask, crop_around(sample.image, box, look), recipe.background
    )
    accuracy = label_accuracy(
        background, sample.image, sample.label > 0, raw, recipe.refine.threshold
    )
    return Generated(shown, accuracy, drawn.empty_tries, drawn.copies)


def crop_around(image: Image, box: Box, look: Look) -> Unit:
    """The square around a defect's box, (S, S, C) in [0, 1]; moved inside the image's borders."""
    span = math.ceil(_AROUND * max(box.height, box.width)) + _AROUND_PX
    height, width = min(span, image.shape[0]), min(span, image.shape[1])
    top = box.top + box.height // 2 - height // 2
    left = box.left + box.width // 2 - width // 2
    top = min(max(top, 0), image.shape[0] - height)
    left = min(max(left, 0), image.shape[1] - width)
    window = to_unit(planes(image[top : top + height, left : left + width]))
    how = cv2.INTER_AREA if span > look.side else cv2.INTER_LINEAR
    crop = resized(window, (look.side, look.side), how).reshape(look.side, look.side, -1)
    return with_channels(crop, look.channels)
