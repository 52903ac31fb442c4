"""Masks from a hint: a drawn outline, a place that is alike, a rectangle around an object."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import Image, Label, Mask, planes

_CUT_SIDE = 384
"""GrabCut works on at most this many pixels a side; its time grows faster than the area."""
_CUT_ROUNDS = 4


def polygon(points: Sequence[tuple[float, float]], shape: tuple[int, int]) -> tuple[Box, Mask]:
    """The pixels whose centres a closed polygon winds around, in their box inside an image.

    points: (row, column), pixel (r, c) covering [r, r + 1) x [c, c + 1). The box may be empty.
    """
    corners = np.array(points, dtype=np.float64).reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    top, left = math.floor(low[0]), math.floor(low[1])
    box = Box(top, left, math.ceil(high[0]) - top, math.ceil(high[1]) - left).clipped(shape)
    mask = np.zeros(box.shape, bool)
    if mask.size:
        rows, columns, signs = _crossings(corners - (box.top, box.left), box.height)
        columns = np.clip(columns, 0, box.width)
        order = np.lexsort((columns, rows))
        rows, columns = rows[order], columns[order]
        # Each row is crossed up and down alike, so that the count of turns starts anew with it.
        inside = np.flatnonzero(np.cumsum(signs[order]))
        for row, start, stop in zip(
            rows[inside].tolist(), columns[inside].tolist(), columns[inside + 1].tolist(),
            strict=True,
        ):  # fmt: skip
            mask[row, start:stop] = True
    return box, mask


def region(labels: Label, row: int, column: int) -> tuple[Box, Mask]:
    """The connected pixels of the same value around a place, in their box.

    Background joins over edges only, so that a line of pixels that touch by corners encloses;
    classes join over corners too. Costs as much as the region is large.
    """
    neighbours = 8 if labels[row, column] else 4
    mask = np.zeros((labels.shape[0] + 2, labels.shape[1] + 2), np.uint8)
    flags = neighbours | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    _, _, _, (left, top, width, height) = cv2.floodFill(
        labels, mask, (column, row), (0,), (0,), (0,), flags
    )
    box = Box(top, left, height, width)
    return box, mask[1:-1, 1:-1][box.slices] == 1


def difference(image: Image, row: int, column: int) -> NDArray[np.int32]:
    """How far the value of each pixel is from that of one, in its farthest channel."""
    bands = planes(image).astype(np.int32)
    apart = np.abs(bands - bands[row, column]).max(axis=2)
    return np.asarray(apart, np.int32)


def alike(apart: NDArray[np.int32], row: int, column: int, most: float) -> tuple[Box, Mask]:
    """The connected pixels around a place that are at most `most` apart, in their box."""
    return region((apart <= most).astype(np.uint8), row, column)


def cut_out(picture: NDArray[np.uint8], box: Box) -> Mask:
    """The object in a box of a picture (h, w) or (h, w, 3) by GrabCut: bool of the box's shape.

    What lies outside the box is taken as background, so leave some around it.
    """
    colour = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    scale = min(1.0, _CUT_SIDE / max(colour.shape[:2]))
    small = cv2.resize(colour, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ends = np.rint(np.array([box.top, box.left, box.bottom, box.right]) * scale).astype(int)
    top, left, bottom, right = ends.tolist()
    kinds = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    kinds[top : max(bottom, top + 1), left : max(right, left + 1)] = cv2.GC_PR_FGD
    if (kinds == cv2.GC_BGD).any():
        colours, rest = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.setRNGSeed(0)
        mode = cv2.GC_INIT_WITH_MASK
        cv2.grabCut(small, kinds, (0, 0, 1, 1), colours, rest, _CUT_ROUNDS, mode)
    object_ = ((kinds == cv2.GC_FGD) | (kinds == cv2.GC_PR_FGD)).astype(np.float32)
    height, width = picture.shape[:2]
    whole = cv2.resize(object_, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole[box.slices] >= 0.5, np.bool_)


def _crossings(
    corners: NDArray[np.float64], height: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Where a closed polygon crosses the middles of rows: rows, columns behind it, directions."""
    start, end = corners, np.roll(corners, -1, axis=0)
    first = np.clip(np.ceil(np.minimum(start, end)[:, 0] - 0.5), 0, height).astype(np.intp)
    last = np.clip(np.ceil(np.maximum(start, end)[:, 0] - 0.5), 0, height).astype(np.intp)
    count = last - first
    edge = np.repeat(np.arange(len(corners)), count)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    (row, column), (down, across) = start[edge].T, (end - start)[edge].T
    columns = np.ceil(column + (rows + 0.5 - row) / down * across - 0.5).astype(np.intp)
    return rows, columns, np.sign(down).astype(np.intp)
