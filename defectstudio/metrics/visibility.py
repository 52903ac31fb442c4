"""How well a labeled defect stands out of what surrounds it, by the image alone.

Contrast is the mean distance of the sorted grey levels inside the label and in a ring around it
(Wasserstein-1), in standard deviations of the ring. For a defect of one grey it is the usual
contrast-to-noise ratio |m1 - m0| / s; a defect that is brighter here and darker there counts too.

Whether it is seen: A. Rose (The sensitivity performance of the human eye on an absolute scale, JOSA
38, 1948) found that an area is told from noise when contrast-to-noise times the root of its
independent samples exceeds about 5. Pixels are taken for the samples; the grain of a texture is
coarser than a pixel, so on textures the bar is a low one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import bounding_box, dilate
from defectstudio.imaging.types import FULL_RANGE, Image, Mask, planes

GAP_PX = 2
"""Pixels between a label and its ring: a label may be a little small."""
LEAST_PX = 16
"""Pixels of a ring below which nothing can be said."""
_LEVELS = (np.arange(64) + 0.5) / 64


@dataclass(frozen=True)
class Visibility:
    """contrast: see above, the largest of the channels; signal: contrast times the root of the
    label's pixels, Rose's ratio; surround: the ring's mean grey, 0..1."""

    contrast: float
    signal: float
    surround: float


def reach(area: int) -> int:
    """How far from a label of so many pixels its ring goes."""
    return GAP_PX + max(6, round(math.sqrt(area) / 2))


def visibility(image: Image, mask: Mask, others: Mask) -> Visibility | None:
    """Of the label `mask` (H, W) in an image (H, W) or (H, W, C); others: what the ring leaves
    out, as other labels. None without a label or with fewer than LEAST_PX pixels around it."""
    box = bounding_box(mask)
    if box is None:
        return None
    area = int(mask.sum())
    shown = box.grown(reach(area)).clipped(mask.shape)
    own = mask[shown.slices]
    ring = dilate(own, reach(area)) & ~dilate(own, GAP_PX) & ~others[shown.slices]
    if ring.sum() < LEAST_PX:
        return None
    pixels = planes(image[shown.slices])
    inside, outside = pixels[own].astype(np.float64), pixels[ring].astype(np.float64)
    full = FULL_RANGE[image.dtype]
    apart = np.abs(_sorted(inside) - _sorted(outside)).mean(axis=0)
    contrast = float((apart / np.maximum(outside.std(axis=0), full / 255)).max())
    return Visibility(contrast, contrast * float(np.sqrt(area)), float(outside.mean()) / full)


def _sorted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The grey levels (n, C) at 64 shares (64, C)."""
    found: NDArray[np.float64] = np.quantile(values, _LEVELS, axis=0)
    return found
