"""Large images in tiles that overlap and rise into each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import Unit


def tiles(shape: tuple[int, ...], side: int, overlap: int) -> Iterator[Box]:
    """Boxes of at most `side` pixels in height and width that cover an image of (height, width),
    each sharing at least `overlap` with the next; row by row."""
    rows, columns = (_starts(length, side, overlap) for length in shape[:2])
    for top in rows:
        for left in columns:
            yield Box(top, left, side, side).clipped(shape)


def _starts(length: int, side: int, overlap: int) -> list[int]:
    last = max(0, length - side)
    return [*range(0, last, side - overlap), last]


def feather(box: Box, shape: tuple[int, ...], overlap: int, margin: int) -> Unit:
    """Weights (h, w) of a tile that rise from the sides where others follow, from 0 at `margin`
    pixels off them, where what made the tile missed its surroundings; 1 at the image's border.

    2 margin < overlap.
    """
    rise = overlap - 2 * margin
    sides = []
    for start, length, full in zip((box.top, box.left), box.shape, shape[:2], strict=True):
        place = np.arange(length, dtype=np.float32)
        before = (place - margin + 1) / rise if start > 0 else np.ones_like(place)
        after = (length - place - margin) / rise if start + length < full else np.ones_like(place)
        sides.append(np.minimum(before, after).clip(0, 1))
    share: Unit = np.outer(*sides).astype(np.float32)
    return share


class Joined:
    """Tiles on their way to an image float32 (H, W, C): their mean by weight."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._summed = np.zeros(shape, np.float32)
        self._weight: NDArray[np.float32] = np.zeros(shape[:2], np.float32)

    def add(self, made: Unit, box: Box, share: Unit) -> None:
        """made (h, w, C), share (h, w) of a tile."""
        self._summed[box.slices] += made * share[..., None]
        self._weight[box.slices] += share

    def mean(self) -> Unit:
        """What was joined, of tiles that cover the image."""
        done: Unit = self._summed / self._weight[..., None]
        return done

    def over(self, image: Unit) -> Unit:
        """What was joined, and `image` (H, W, C) where no tile was."""
        weight = self._weight[..., None]
        done: Unit = np.where(weight > 0, self._summed / np.maximum(weight, 1e-9), image)
        return done
