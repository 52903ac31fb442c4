"""A segmenter's counts at many thresholds: what curves are drawn from and a slider moves along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.segmenting import Sweep
from defectstudio.metrics.regions import Overlaps
from defectstudio.metrics.scores import LEVELS, Counts

STEPS = 256
"""Even steps of the logit; the thresholds that stand in the report are added."""


def levels_of_sweep(*others: int) -> list[int]:
    """Rising; others: levels that must be among them."""
    even = np.linspace(0, LEVELS, STEPS + 1).round().astype(int).tolist()
    return sorted({*even, *others})


def sweep(counts: Counts, regions: Overlaps, levels: list[int]) -> Sweep:
    """Of the pixels and defects that were counted."""
    shares = _from(regions.shares, levels) / max(1, regions.defects)
    return Sweep(
        positives=int(counts.positive.sum()),
        negatives=int(counts.negative.sum()),
        hits=tuple(_from(counts.positive, levels).astype(int).tolist()),
        false_alarms=tuple(_from(counts.negative, levels).astype(int).tolist()),
        overlap=tuple(shares.round(6).tolist()) if regions.defects else (),
    )


def _from(
    histogram: NDArray[np.int64] | NDArray[np.float64], levels: list[int]
) -> NDArray[np.float64]:
    """The sums of a histogram from each level on."""
    below = np.concatenate([[0.0], np.cumsum(histogram, dtype=np.float64)])
    taken: NDArray[np.float64] = below[-1] - below[levels]
    return np.maximum(taken, 0.0)
