"""Where a prediction is right and wrong at a threshold, as fast as a slider moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import Image, Label, Mask

Probability = NDArray[np.uint16]
Codes = NDArray[np.uint8]

HIT, ALARM, MISS = 1, 2, 3
"""Codes of pixels: found, found in error, missed; 0 is all others."""
VOID = 255
FULL = 65535
_SMALLEST = 256
_OUTCOME = np.array([[0, 0, MISS], [ALARM, 0, HIT]], np.uint8)
"""By what is said (rows) and what is true: good, void, defect."""


@dataclass(frozen=True)
class _Level:
    """Cells of 2^k pixels: the largest probability of good pixels, the largest and the least of
    defect pixels (0 and FULL where a cell has none)."""

    good: Probability
    most: Probability
    least: Probability

    def halved(self) -> _Level:
        return _Level(_pooled(self.good, 0), _pooled(self.most, 0), _pooled(self.least, FULL))


@dataclass(frozen=True)
class Tally:
    """Pixels at a threshold."""

    hits: int
    alarms: int
    misses: int


class Outcomes:
    """A prediction and the label it is held against.

    Level k has cells of 2^k pixels; a cell shows the gravest of what it holds, a miss before a
    false alarm before a hit, so that thin defects survive zooming out.
    """

    def __init__(self, probability: Image, label: Label) -> None:
        """Raises ImageError where the two are not of one size."""
        if probability.shape != label.shape or probability.dtype != np.uint16:
            raise ImageError(
                f"the probabilities are {_size(probability)}, the label {_size(label)}",
                remedy="Judge the segmenter again.",
            )
        defect = (label > 0) & (label != VOID)
        self._probability: Probability = probability.astype(np.uint16, copy=False)
        self._truth = defect * np.uint8(2) + (label == VOID)
        self._levels = self._made_levels(defect)
        self._hits = _from_each(probability[defect])
        self._alarms = _from_each(probability[self._truth == 0])

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self._probability.shape
        return height, width

    @property
    def levels(self) -> int:
        """How many there are, level 0 among them."""
        return 1 + len(self._levels)

    def codes(self, level: int, box: Box, threshold: float) -> Codes:
        """Of a box of a level's cells, pixels of at least this probability being found."""
        least, here = _least(threshold), box.slices
        if level == 0:
            said = (self._probability[here] >= least).astype(np.intp)
            exact: Codes = _OUTCOME[said, self._truth[here]]
            return exact
        cells = self._levels[level - 1]
        found = (cells.most[here] >= least).view(np.uint8) * np.uint8(HIT)
        wrong = (cells.good[here] >= least).view(np.uint8) * np.uint8(ALARM)
        missed = (cells.least[here] < least).view(np.uint8) * np.uint8(MISS)
        codes: Codes = np.maximum(np.maximum(found, wrong), missed)
        return codes

    def heat(self, level: int, box: Box) -> Probability:
        """The largest probabilities of a box of a level's cells."""
        if level == 0:
            return self._probability[box.slices]
        cells = self._levels[level - 1]
        largest: Probability = np.maximum(cells.good[box.slices], cells.most[box.slices])
        return largest

    def found(self, threshold: float) -> Mask:
        """The pixels of at least this probability, bool (H, W)."""
        said: Mask = self._probability >= _least(threshold)
        return said

    def tally(self, threshold: float) -> Tally:
        """Pixels of the whole image."""
        least = _least(threshold)
        hits = int(self._hits[least])
        return Tally(hits, int(self._alarms[least]), int(self._hits[0]) - hits)

    def _made_levels(self, defect: NDArray[np.bool_]) -> list[_Level]:
        none, full = np.uint16(0), np.uint16(FULL)
        p, good = self._probability, self._truth == 0
        first = _Level(
            np.where(good, p, none), np.where(defect, p, none), np.where(defect, p, full)
        )
        levels: list[_Level] = []
        size = max(self.shape)
        while size > _SMALLEST:
            levels.append((levels[-1] if levels else first).halved())
            size = -(-size // 2)
        return levels


def _least(threshold: float) -> int:
    """The least value that is found; 1 at least, or cells without a pixel of a kind would be."""
    return min(max(1, int(np.ceil(threshold * FULL - 1e-6))), FULL)


def _pooled(values: Probability, empty: int) -> Probability:
    """Cells of 2 x 2: the least where FULL stands for none, else the largest."""
    odd = [(0, side % 2) for side in values.shape]
    even = np.pad(values, odd, constant_values=empty) if any(x for _, x in odd) else values
    pool = np.minimum if empty == FULL else np.maximum
    rows = pool(even[0::2], even[1::2])
    cells: Probability = pool(rows[:, 0::2], rows[:, 1::2])
    return cells


def _from_each(values: Probability) -> NDArray[np.int64]:
    """How many are of at least each value 0..FULL."""
    counts = np.bincount(values, minlength=FULL + 1)
    taken: NDArray[np.int64] = np.cumsum(counts[::-1])[::-1]
    return taken


def _size(array: Image) -> str:
    return f"{' x '.join(str(side) for side in reversed(array.shape))} of {array.dtype}"
