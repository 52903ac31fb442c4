"""A background and its defects become an image and its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import BlendSettings, RefineSettings
from defectstudio.domain.records import MAX_CLASSES
from defectstudio.imaging import refinement
from defectstudio.imaging.blending import blend_patch
from defectstudio.imaging.types import Image, Label, Mask, Unit

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of R, G, B for colour content on a grey background: ITU-R BT.601."""


@dataclass(frozen=True)
class PlacedContent:
    """One defect: content in [0, 1] (h, w) or (h, w, c), its raw mask, class and place.

    top, left: the first pixel's place in the background; it may hang over the border.
    """

    class_id: int
    pixels: Unit
    raw_mask: Mask
    top: int
    left: int


@dataclass(frozen=True)
class Composite:
    """An image with its label (refined) and the raw masks as they were placed (painted).

    image: the background's shape and dtype; label, painted: uint8 (H, W) of class ids.
    """

    image: Image
    label: Label
    painted: Label


def compose(
    background: Image,
    contents: Sequence[PlacedContent],
    blend: BlendSettings,
    refine: RefineSettings,
) -> Composite:
    """Blend the contents in order and label what can be seen of each.

    background: uint8 or uint16, (H, W) or (H, W, 3); not changed. Colour content on a grey
    background becomes its luminance, grey content on colour is repeated. A later defect lies over
    the earlier ones: inside its raw mask only its own class is labeled, and only where the image
    differs visibly from the *background*. No label lies outside the raw masks. Raises ImageError
    for a class id outside 1..254 and for contents that do not fit (see `blend_patch`). Apart
    from one copy of the background and two planes only the defects' boxes are touched.
    """
    image = background.copy()
    label = np.zeros(background.shape[:2], dtype=np.uint8)
    painted = np.zeros_like(label)
    for content in contents:
        if not 1 <= content.class_id <= MAX_CLASSES:
            raise ImageError(
                f"{content.class_id} is no class id", remedy=f"Class ids are 1 to {MAX_CLASSES}."
            )
        patch, box = blend_patch(
            image,
            _like(content.pixels, background),
            content.raw_mask,
            (content.top, content.left),
            mode=blend.mode,
            ramp_px=blend.ramp_px,
            retention_px=blend.retention_px,
        )
        image[box.slices] = patch
        raw = content.raw_mask[box.moved(-content.top, -content.left).slices]
        visible = refinement.refine(background[box.slices], patch, raw, refine)
        label[box.slices][raw] = 0
        label[box.slices][visible & raw] = content.class_id
        painted[box.slices][raw] = content.class_id
    return Composite(image, label, painted)


def _like(pixels: Unit, background: Image) -> Unit:
    """The content with as many channels as the background."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if background.ndim == 2 and pixels.ndim == 3:
        grey: Unit = (pixels * np.array(LUMINANCE, np.float32)).sum(axis=2, dtype=np.float32)
        return grey
    if background.ndim == 3 and pixels.ndim == 2:
        return np.repeat(pixels[..., None], background.shape[2], axis=2)
    return pixels
