"""Masks on the canvases of a generator, and contents back in their boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import Mask, Unit

MARGIN = 4
"""Free pixels around a mask on its canvas."""


@dataclass(frozen=True)
class Canvas:
    """A mask bool (h, w), drawn small where it is too large, in the middle of a canvas.

    mask: bool (H, W), the mask as drawn; box: where its box lies; scale: 1 or how small it is;
    shape: (h, w) of the mask's own box.
    """

    mask: Mask
    box: Box
    scale: float
    shape: tuple[int, int]

    @classmethod
    def around(cls, mask: Mask, height: int, width: int, stride: int) -> Canvas:
        """A canvas of at least (height, width), as wide and high as the mask needs.

        Masks are drawn at their own resolution up to twice the longer side of (height, width) and
        small beyond; sides that must grow are multiples of `stride` (P1 Figure 9: contents need
        be neither square nor of the canvas's size).
        """
        limit = 2 * max(height, width) - 2 * MARGIN
        scale = min(1.0, limit / max(mask.shape))
        small = _shrink(mask, scale)
        h, w = small.shape
        height = max(height, -(-(h + 2 * MARGIN) // stride) * stride)
        width = max(width, -(-(w + 2 * MARGIN) // stride) * stride)
        box = Box((height - h) // 2, (width - w) // 2, h, w)
        drawn = np.zeros((height, width), bool)
        drawn[box.slices] = small
        return cls(drawn, box, scale, (mask.shape[0], mask.shape[1]))

    def image(self, pixels: Unit) -> NDArray[np.float32]:
        """Pixels float32 (h, w, C) in [0, 1] of the mask's box as the networks see contents.

        (C + 1, H, W): in [-1, 1] inside the mask, the key -1 (black) outside, and alpha.
        """
        size = (self.box.width, self.box.height)
        small: NDArray[Any] = pixels
        if self.scale != 1.0:
            small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        image = np.zeros((pixels.shape[2] + 1, *self.mask.shape), np.float32)
        image[:-1] = -1.0
        alpha = self.mask[self.box.slices]
        planes = small.reshape(*self.box.shape, -1).transpose(2, 0, 1) * 2 - 1
        image[:-1, *self.box.slices] = np.where(alpha, planes, np.float32(-1.0))
        image[-1] = self.mask
        return image

    def take(self, made: Unit) -> Unit:
        """The mask's box (h, w, C) of what was made on the canvas (H, W, C)."""
        inside = spread(made[self.box.slices], self.mask[self.box.slices])
        return inside if self.scale == 1.0 else enlarge(inside, self.shape)


def enlarge(pixels: Unit, shape: tuple[int, ...]) -> Unit:
    """pixels float32 (h, w, C) in [0, 1] at another size, bicubic."""
    out = cv2.resize(pixels, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(out.reshape(*shape[:2], pixels.shape[2]), 0.0, 1.0)


def spread(pixels: NDArray[np.float32], inside: Mask) -> Unit:
    """Outside the content the nearest content pixel, so that no rim of the key is resampled in."""
    if inside.all() or not inside.any():
        return np.ascontiguousarray(pixels)
    _, nearest = cv2.distanceTransformWithLabels(
        (~inside).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros((int(nearest.max()) + 1, pixels.shape[2]), np.float32)
    values[nearest[inside]] = pixels[inside]
    return np.ascontiguousarray(values[nearest])


def _shrink(mask: Mask, scale: float) -> Mask:
    if scale == 1.0:
        return mask
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    soft = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(soft >= min(0.4, float(soft.max())))
