"""Scores of pixels as 16-bit levels, and what follows from how many pixels have each.

A histogram is all that the metrics of SPEC section 3 need: its memory does not grow with the
pixels, and histograms of images add up to that of a set. For the levels the figures are exact;
against scores of full precision `Area.bound` says how far they may be off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import UserError
from defectstudio.imaging.types import Mask

LEVELS = 1 << 16
REACH = 16.0
"""Largest logit that is told from larger ones: a probability of 1 - 1e-7."""
CHUNK = 1 << 20
"""Pixels counted at a time: NumPy widens what it counts."""

Scores = NDArray[np.uint16]
Histogram = NDArray[np.int64]


def scores(logits: NDArray[np.float32]) -> Scores:
    """Levels of logits of any shape, evenly spaced from -REACH to REACH, so that a segmenter that
    is sure of itself is as finely resolved as one that is not.

    Raises UserError for NaN.
    """
    if np.isnan(logits).any():
        raise UserError(
            "the model's output is not a number",
            remedy="Its training has diverged: train it again with a smaller learning rate.",
        )
    scaled = (np.clip(logits, -REACH, REACH) + REACH) * ((LEVELS - 1) / (2 * REACH))
    levels: Scores = np.rint(scaled).astype(np.uint16)
    return levels


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of any defect: (H, W) from logits (H, W, outputs)."""
    highest = logits.max(axis=2).astype(np.float64)
    found: NDArray[np.float32] = (1 / (1 + np.exp(-highest))).astype(np.float32)
    return found


def level_of(probability: float) -> int:
    """The least level of at least this probability, 0..LEVELS: at 0 all pixels are positive, at
    LEVELS none is."""
    if not 0 < probability < 1:
        return 0 if probability <= 0 else LEVELS
    logit = math.log(probability / (1 - probability))
    # A level's own probability is of that level, whatever the last bit of its logarithm.
    level = math.ceil((logit + REACH) * (LEVELS - 1) / (2 * REACH) - 1e-3)
    return min(max(level, 0), LEVELS)


def probability_of(level: int) -> float:
    """What `level_of` was asked, about."""
    logit = level * 2 * REACH / (LEVELS - 1) - REACH
    return 1 / (1 + math.exp(-logit))


@dataclass(frozen=True)
class Counts:
    """How many positive and negative pixels have each level, int64 (LEVELS,)."""

    positive: Histogram
    negative: Histogram

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.positive + other.positive, self.negative + other.negative)


@dataclass(frozen=True)
class Area:
    """An area under a curve, and how far scores of full precision could move it at most."""

    value: float
    bound: float


@dataclass(frozen=True)
class Confusion:
    """Pixels by what they are and what they were taken for."""

    hits: int
    false_alarms: int
    misses: int

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(
            self.hits + other.hits,
            self.false_alarms + other.false_alarms,
            self.misses + other.misses,
        )

    @property
    def f1(self) -> float | None:
        """None where nothing is there and nothing was found."""
        total = 2 * self.hits + self.false_alarms + self.misses
        return 2 * self.hits / total if total else None

    @property
    def iou(self) -> float | None:
        """None where nothing is there and nothing was found."""
        total = self.hits + self.false_alarms + self.misses
        return self.hits / total if total else None


def nothing() -> Counts:
    """No pixels."""
    return Counts(np.zeros(LEVELS, np.int64), np.zeros(LEVELS, np.int64))


def count(levels: Scores, truth: Mask, ignored: Mask | None = None) -> Counts:
    """Of an image: levels, truth (H, W); ignored: pixels that count for nothing.

    Raises UserError where the shapes differ.
    """
    if levels.shape != truth.shape:
        raise UserError(
            f"the prediction is {_size(levels.shape)}, its label {_size(truth.shape)}",
            remedy="Predict the image again at its own size.",
        )
    held = np.ones_like(truth) if ignored is None else ~ignored
    positive = histogram(levels[truth & held])
    return Counts(positive, histogram(levels if ignored is None else levels[held]) - positive)


def histogram(levels: Scores) -> Histogram:
    """How often each level occurs."""
    found = np.zeros(LEVELS, np.int64)
    flat = levels.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        found += np.bincount(flat[start : start + CHUNK], minlength=LEVELS)
    return found


def auroc(counts: Counts) -> Area | None:
    """Area under the ROC curve, ties counting half; None without positives or negatives.

    Within a level the order is unknown: pairs of one level are what can be off.
    """
    positive, negative = (x.astype(np.float64) for x in (counts.positive, counts.negative))
    pairs = positive.sum() * negative.sum()
    if pairs == 0:
        return None
    below = np.cumsum(negative) - negative
    tied = float((positive * negative).sum() / pairs) / 2
    return Area(float((positive * below).sum() / pairs) + tied, tied)


Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""x and y of its points, from the highest threshold to the lowest."""


def roc(counts: Counts) -> Curve | None:
    """False-positive rate and recall; None without positives or negatives."""
    alarms, hits = (_taken(x) for x in (counts.negative, counts.positive))
    if not alarms[-1] or not hits[-1]:
        return None
    return alarms / alarms[-1], hits / hits[-1]


def precision_recall(counts: Counts) -> Curve | None:
    """Recall and precision; None without positives."""
    alarms, hits = (_taken(x) for x in (counts.negative, counts.positive))
    if not hits[-1]:
        return None
    taken = alarms + hits
    return hits / hits[-1], np.where(taken > 0, hits / np.maximum(taken, 1), 1.0)


def average_precision(counts: Counts) -> float | None:
    """Sum over levels of precision times the rise of recall; None without positives."""
    hits, taken = (np.cumsum(x[::-1]) for x in (counts.positive, counts.positive + counts.negative))
    if not hits[-1]:
        return None
    precision = hits / np.maximum(taken, 1)
    return float((precision * counts.positive[::-1]).sum() / hits[-1])


def confusion(counts: Counts, level: int) -> Confusion:
    """Of all pixels of at least this level being taken for positive."""
    hits = int(counts.positive[level:].sum())
    return Confusion(hits, int(counts.negative[level:].sum()), int(counts.positive.sum()) - hits)


def best_f1(counts: Counts) -> float | None:
    """The largest F1 of any threshold, an oracle; None without positives."""
    return float(f1_by_level(counts).max()) if counts.positive.any() else None


def f1_by_level(counts: Counts) -> NDArray[np.float64]:
    """F1 of taking all pixels of at least a level for positive, by level. There are positives."""
    hits, alarms = (np.cumsum(x[::-1])[::-1] for x in (counts.positive, counts.negative))
    f1: NDArray[np.float64] = 2 * hits / (hits + alarms + counts.positive.sum())
    return f1


def _taken(pixels: Histogram) -> NDArray[np.float64]:
    """How many are of at least a level, from none to all."""
    return np.concatenate([[0.0], np.cumsum(pixels[::-1], dtype=np.float64)])


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(str(side) for side in reversed(shape))
