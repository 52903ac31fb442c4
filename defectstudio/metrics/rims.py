"""How smoothly a blended region meets its surroundings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import dilate
from defectstudio.imaging.types import FULL_RANGE, Image, Mask, planes

RIM_PX = 2
"""A rim has all pixels at most so far from the mask's outline."""


def rim(mask: Mask) -> Mask:
    """Pixels within RIM_PX of the outline, on both sides, bool (H, W)."""
    return dilate(mask, RIM_PX) & dilate(~mask, RIM_PX)


def rim_distance(background: Image, sample: Image, mask: Mask) -> float | None:
    """Distance of the distributions of gradient magnitudes on the rim, sample to background.

    Both uint8 or uint16 of one shape. Mean distance of the sorted magnitudes (Wasserstein-1), in
    units of the background's mean magnitude there; None where that is 0 or there is no rim.
    """
    inside = rim(mask)
    if not inside.any():
        return None
    before, after = (np.sort(_magnitude(image)[inside]) for image in (background, sample))
    unit = float(before.mean())
    return float(np.abs(after - before).mean()) / unit if unit > 0 else None


def _magnitude(image: Image) -> NDArray[np.float64]:
    """Of central differences of the mean of the channels, (H, W)."""
    grey = planes(image).mean(axis=2, dtype=np.float64) / FULL_RANGE[image.dtype]
    rows, columns = (np.gradient(grey, axis=axis) if grey.shape[axis] > 1 else np.zeros_like(grey)
                     for axis in (0, 1))  # fmt: skip
    magnitude: NDArray[np.float64] = np.hypot(rows, columns)
    return magnitude
