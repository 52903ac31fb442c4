"""Metrics by defect instead of by pixel: per-region overlap (AUPRO), and recall by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import components
from defectstudio.imaging.types import Mask
from defectstudio.metrics.scores import LEVELS, Counts, Curve, Scores, histogram

FALSE_POSITIVES = 0.3
"""AUPRO ends at this false-positive rate (Bergmann et al. 2021)."""
SIZES = (0, 64, 256, 1024)
"""Least pixels of the buckets of defects by size."""


@dataclass(frozen=True)
class Overlaps:
    """Of many defects: sums over them of the share of their pixels at each level (LEVELS,)."""

    shares: NDArray[np.float64]
    defects: int

    def __add__(self, other: Overlaps) -> Overlaps:
        return Overlaps(self.shares + other.shares, self.defects + other.defects)


@dataclass(frozen=True)
class Found:
    """A defect: its pixels, and those of them that were found."""

    pixels: int
    hits: int


@dataclass(frozen=True)
class Bucket:
    """Defects of at least so many pixels and fewer than the next bucket's: how many there are,
    the share of their pixels that were found, and of the defects of which anything was."""

    least_px: int
    defects: int
    recall: float
    seen: float


def no_overlaps() -> Overlaps:
    """No defects."""
    return Overlaps(np.zeros(LEVELS), 0)


def overlaps(levels: Scores, truth: Mask) -> Overlaps:
    """Of the 8-connected defects of an image (H, W)."""
    total = no_overlaps()
    for part, box in components(truth):
        own = histogram(levels[box.slices][part])
        total += Overlaps(own / own.sum(), 1)
    return total


def found(levels: Scores, truth: Mask, level: int) -> list[Found]:
    """The defects of an image, pixels of at least this level being found."""
    return [
        Found(int(part.sum()), int((levels[box.slices][part] >= level).sum()))
        for part, box in components(truth)
    ]


def by_size(defects: Sequence[Found]) -> list[Bucket]:
    """The buckets that any defect falls into."""
    buckets = []
    for least, end in zip(SIZES, (*SIZES[1:], np.inf), strict=True):
        own = [one for one in defects if least <= one.pixels < end]
        if own:
            pixels, hits = sum(one.pixels for one in own), sum(one.hits for one in own)
            seen = sum(one.hits > 0 for one in own) / len(own)
            buckets.append(Bucket(least, len(own), hits / pixels, seen))
    return buckets


def aupro(counts: Counts, regions: Overlaps) -> float | None:
    """Area under the mean overlap of defects over the false-positive rate to FALSE_POSITIVES, in
    units of that; None without defects or without negative pixels."""
    curve = pro(counts, regions)
    if curve is None:
        return None
    rate, overlap = curve
    inside = rate <= FALSE_POSITIVES
    at_end = np.interp(FALSE_POSITIVES, rate, overlap)
    x, y = np.append(rate[inside], FALSE_POSITIVES), np.append(overlap[inside], at_end)
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum() / FALSE_POSITIVES)


def pro(counts: Counts, regions: Overlaps) -> Curve | None:
    """False-positive rate and mean overlap of defects (per-region overlap); None without defects
    or without negative pixels."""
    negatives = int(counts.negative.sum())
    if not negatives or not regions.defects:
        return None
    rate = np.concatenate([[0], np.cumsum(counts.negative[::-1])]) / negatives
    return rate, np.concatenate([[0], np.cumsum(regions.shares[::-1])]) / regions.defects
