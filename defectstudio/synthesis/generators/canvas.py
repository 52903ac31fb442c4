"""Between a mask of any size and the canvas that a network draws on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask, Unit
from defectstudio.imaging.watershed import NEAR_KEY, raw_mask
from defectstudio.networks.dcdganc.model import canvas_side
from defectstudio.synthesis.generators.content import Content

MARGIN = 4
"""Free pixels around a mask on its canvas."""


class Canvas:
    """A mask bool (h, w) in the middle of a canvas; one that does not fit the trained canvas is
    drawn small. height, width: the trained canvas, the smallest there is; sides are multiples of
    the networks' stride. shrink: power of the scale at which it would fit; no mask is drawn larger
    than two trained canvases.
    """

    def __init__(self, mask: Mask, height: int, width: int, shrink: float = 0.0) -> None:
        self.shape = mask.shape
        one, two = (n * max(height, width) - 2 * MARGIN for n in (1, 2))
        longest = max(mask.shape)
        self.scale = min(1.0, two / longest, min(1.0, one / longest) ** shrink)
        self.small = _shrink(mask, self.scale)
        h, w = self.small.shape
        size = max(height, canvas_side(h + 2 * MARGIN)), max(width, canvas_side(w + 2 * MARGIN))
        top, left = (size[0] - h) // 2, (size[1] - w) // 2
        self.inside = slice(top, top + h), slice(left, left + w)
        self.plane: NDArray[np.float32] = np.zeros(size, np.float32)
        """float32 (H, W): 1 in the mask, 0 outside."""
        self.plane[self.inside] = self.small

    def put(self, pixels: Unit) -> Unit:
        """Pixels (h, w, C) of the mask's box onto the canvas (H, W, C), 0 outside the mask."""
        size = self.small.shape[1], self.small.shape[0]
        fitted = (
            pixels
            if self.scale == 1.0
            else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).reshape(
                *self.small.shape, -1
            )
        )
        out = np.zeros((*self.plane.shape, pixels.shape[2]), np.float32)
        out[self.inside] = fitted * self.small[..., None]
        return out

    def image(self, pixels: Unit) -> NDArray[np.float32]:
        """Pixels (h, w, C) in [0, 1] of the mask's box as the networks see contents.

        (C + 1, H, W): in [-1, 1] inside the mask, on the black key outside, and alpha.
        """
        both = np.concatenate([self.put(pixels) * 2 - 1, self.plane[..., None]], axis=2)
        return np.ascontiguousarray(both.transpose(2, 0, 1))

    def cut(self, made: Unit) -> Unit:
        """What a network made (H, W, C) -> pixels (h, w, C) of the mask's box."""
        pixels = spread(made[self.inside], self.small)
        return pixels if self.scale == 1.0 else _enlarge(pixels, self.shape)


def free_content(made: Unit, mask: Mask) -> Content:
    """Content and alpha (H, W, C + 1) composed on the black key -> content in the window `mask`."""
    alpha = made[..., -1:]
    # The network composes on the black key: undone, or the rim of the content were its shadow.
    held = alpha[..., 0] >= NEAR_KEY
    pixels = spread(np.clip(made[..., :-1] / np.maximum(alpha, NEAR_KEY), 0, 1), held)
    if mask.shape != held.shape:
        pixels, alpha = _enlarge(pixels, mask.shape), _enlarge(alpha, mask.shape)
    return Content(pixels, raw_mask(pixels, alpha[..., 0]) & mask)


def _shrink(mask: Mask, scale: float) -> Mask:
    if scale == 1.0:
        return mask
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    soft = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(soft >= min(0.4, float(soft.max())))


def _enlarge(pixels: Unit, shape: tuple[int, ...]) -> Unit:
    out = cv2.resize(pixels, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(out.reshape(*shape[:2], pixels.shape[2]), 0.0, 1.0)


def spread(pixels: Unit, inside: Mask) -> Unit:
    """Outside the content the nearest content pixel, so that no rim of the key is resampled in."""
    if inside.all() or not inside.any():
        return np.ascontiguousarray(pixels)
    _, nearest = cv2.distanceTransformWithLabels(
        (~inside).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros((int(nearest.max()) + 1, pixels.shape[2]), np.float32)
    values[nearest[inside]] = pixels[inside]
    return np.ascontiguousarray(values[nearest])
