"""A round brush drawn along a segment: where it paints, and how its edge frays."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.kernel import painting
from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import Label, Mask

Point = tuple[float, float]
"""(row, column) in image coordinates: pixel (r, c) covers [r, r + 1) x [c, c + 1)."""

Segment = tuple[Point, Point]
Columns = NDArray[np.intp]
Sweep = tuple[float, float, float, float, float, float]
"""Row and column of a segment's start, how far down and across its end is, how many rows from a
point of it the brush touches the edge parallel to it, the brush's radius."""

_SIDES = np.array([[-1.0], [1.0]])
_NOWHERE = -1e9
"""Half the width of a row that the brush does not come to."""
_RINGS = 7
_NOISE = np.random.default_rng(7).integers(0, _RINGS + 1, (256, 256)).astype(np.uint8)
"""Fixed to the image, so that drawing again over a frayed edge sets the same pixels."""


class Brush(NamedTuple):
    """diameter in pixels; hardness in percent of the radius within which every pixel is set.

    Outside it a pixel is set with a probability that falls to nothing at the edge.
    """

    diameter: float
    hardness: int = 100

    @property
    def frays(self) -> bool:
        """Whether its edge is not solid."""
        return self.hardness < 100


def reach(segment: Segment, diameter: float, shape: tuple[int, int]) -> Box | None:
    """The pixels of a plane that a brush along the segment can come to; None if there are none."""
    (row, column), (end_row, end_column) = segment
    margin = diameter / 2 + 1
    top = math.floor(min(row, end_row) - margin)
    left = math.floor(min(column, end_column) - margin)
    bottom = math.ceil(max(row, end_row) + margin)
    right = math.ceil(max(column, end_column) + margin)
    box = Box(top, left, bottom - top, right - left).clipped(shape)
    return box if box.height and box.width else None


def pieces(segment: Segment, length: float) -> list[Segment]:
    """The segment cut into parts of at most `length`, so that none has a large empty box."""
    (row, column), (end_row, end_column) = segment
    down, across = end_row - row, end_column - column
    count = math.ceil(math.hypot(down, across) / length)
    if count <= 1:
        return [segment]
    cuts = [(row + down * n / count, column + across * n / count) for n in range(count)]
    return list(pairwise([*cuts, segment[1]]))


def draw(view: Label, box: Box, segment: Segment, diameter: float, source: int | Label) -> None:
    """Copy `source`, a value or what may stand in the box, to the pixels of the box in reach.

    These are the ones whose centres lie at most half a diameter from the segment. `view` is the
    box's part of the plane. Each row holds one interval: no array of the box's size is made.
    """
    sweep, core = _sweep(segment, diameter / 2), painting.core()
    if core is not None:
        part = painting.View(view.ctypes.data, view.strides[0], box.top, box.left, *view.shape)
        painting.sweep(core, part, painting.Sweep(*sweep), source)
        return
    starts, stops = _intervals(box, sweep)
    if isinstance(source, int):
        for row, start, stop in zip(view, starts.tolist(), stops.tolist(), strict=True):
            row[start:stop] = source
    else:
        for row, fresh, start, stop in zip(
            view, source, starts.tolist(), stops.tolist(), strict=True
        ):
            row[start:stop] = fresh[start:stop]


def frayed(box: Box, segment: Segment, brush: Brush) -> Mask:
    """The pixels of the box that a brush with a frayed edge sets."""
    inner, radius = brush.diameter / 2 * brush.hardness / 100, brush.diameter / 2
    depth = np.zeros(box.shape, np.uint8)
    for ring in range(_RINGS + 1):
        draw(depth, box, segment, 2 * (radius - (radius - inner) * ring / _RINGS), ring + 1)
    side = len(_NOISE)
    noise = np.roll(_NOISE, (-box.top % side, -box.left % side), axis=(0, 1))
    tiled = cv2.repeat(noise, -(-box.height // side), -(-box.width // side))
    return np.asarray(depth > tiled[: box.height, : box.width], np.bool_)


def _sweep(segment: Segment, radius: float) -> Sweep:
    (row, column), (end_row, end_column) = segment
    down, across = end_row - row, end_column - column
    length = math.hypot(down, across)
    touching = math.copysign(radius, down) * across / length if length else 0.0
    return row, column, down, across, touching, radius


def _intervals(box: Box, sweep: Sweep) -> tuple[Columns, Columns]:
    """First and past-last column in reach on each row of the box, counted from its left.

    What is furthest to a side on a row lies on the circle around one point of the segment: where
    the edge parallel to it touches that circle, or else an end. Both sides are found at once.
    """
    row, column, down, across, touching, radius = sweep
    rows = np.arange(box.top, box.bottom) + (0.5 - row)
    if abs(down) > 1e-9:
        share = np.minimum(np.maximum((rows + _SIDES * touching) / down, 0), 1)
    else:
        share = (_SIDES * across > 0).astype(float)
    apart = rows - share * down
    inside = radius * radius - apart * apart
    half = np.sqrt(np.maximum(inside, 0))
    half[inside < 0] = _NOWHERE
    # To the left counted backwards: rounding down is outwards on neither side then.
    reached = _SIDES * (share * across + (column - box.left)) + half
    ends = np.floor(reached + 0.5).astype(np.intp)
    starts = np.maximum(-ends[0], 0)
    return starts, np.maximum(np.minimum(ends[1], box.width), starts)
