"""Small descriptors of a defect content: tone, texture and shape in a few numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask, Unit, planes

Descriptor = NDArray[np.float32]

LAGS = (1, 2, 4)
"""Distances in pixels over which texture is measured."""


def tone(pixels: Unit, mask: Mask) -> Descriptor:
    """Mean and standard deviation of each channel inside the mask: (2 C,).

    pixels float32 (h, w) or (h, w, C) in [0, 1]; mask bool (h, w), not empty.
    """
    inside = planes(pixels)[mask].astype(np.float64)
    return np.concatenate([inside.mean(axis=0), inside.std(axis=0)]).astype(np.float32)


def texture(pixels: Unit, mask: Mask) -> Descriptor:
    """Root mean square difference of pixels LAGS apart, both inside the mask: (3,); 0 of none."""
    grey = planes(pixels).mean(axis=2)
    return np.array([_difference(grey, mask, lag) for lag in LAGS], np.float32)


def shape(mask: Mask) -> Descriptor:
    """Size and elongation of a mask bool (h, w), not empty: (2,).

    Size is the logarithm of the square root of the area; elongation that of the ratio of the
    principal axes, by second moments, a pixel being a square of 1.
    """
    rows, columns = np.nonzero(mask)
    spread = np.cov(np.stack([rows, columns]), bias=True) + np.eye(2) / 12
    small, large = np.linalg.eigvalsh(spread)
    return np.array([0.5 * np.log(mask.sum()), 0.5 * np.log(large / small)], np.float32)


def _difference(grey: NDArray[np.float32], mask: Mask, lag: int) -> float:
    total, count = 0.0, 0
    for here, there in ((np.s_[lag:], np.s_[:-lag]), (np.s_[:, lag:], np.s_[:, :-lag])):
        both = mask[here] & mask[there]
        total += float(np.square(grey[here] - grey[there])[both].sum(dtype=np.float64))
        count += int(both.sum())
    return float(np.sqrt(total / count)) if count else 0.0
