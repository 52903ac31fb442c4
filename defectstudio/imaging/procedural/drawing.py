"""Antialiased drawing of strokes and outlines into coverage maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.procedural.noise import Field

FINE = 4
"""Coverage is drawn this many times larger and averaged down."""

_SHIFT = 4


@dataclass(frozen=True)
class Stroke:
    """A line of varying width: points float64 (n, 2) of (row, column), widths float64 (n,), px."""

    points: NDArray[np.float64]
    widths: NDArray[np.float64]

    def moved(self, rows: NDArray[np.float64] | float, columns: float = 0.0) -> Stroke:
        """The same stroke shifted by `rows` and `columns`."""
        shift = np.stack(np.broadcast_arrays(rows, columns), axis=-1)
        return Stroke(self.points + shift, self.widths)

    def scaled(self, factor: NDArray[np.float64] | float) -> Stroke:
        """The same path with its widths multiplied."""
        return Stroke(self.points, self.widths * factor)


def cover_strokes(height: int, width: int, strokes: Sequence[Stroke]) -> Field:
    """Coverage in [0, 1], float32 (height, width), of the union of round-capped strokes.

    A part of a stroke thinner than a quarter of a pixel is not drawn.
    """
    canvas = np.zeros((height * FINE, width * FINE), dtype=np.uint8)
    for stroke in strokes:
        _draw(canvas, stroke)
    return _average(canvas, height, width)


def cover_outlines(height: int, width: int, outlines: Sequence[NDArray[np.float64]]) -> Field:
    """Coverage in [0, 1], float32 (height, width), of the union of filled polygons (n, 2)."""
    canvas = np.zeros((height * FINE, width * FINE), dtype=np.uint8)
    for outline in outlines:
        cv2.fillPoly(canvas, [_fixed(outline)[:, None, :]], (255,), cv2.LINE_8, _SHIFT)
    return _average(canvas, height, width)


def _draw(canvas: NDArray[np.uint8], stroke: Stroke) -> None:
    corners = _fixed(stroke.points)
    thickness = np.rint((stroke.widths[:-1] + stroke.widths[1:]) / 2 * FINE).astype(int)
    for start, end, wide in zip(corners[:-1], corners[1:], thickness, strict=True):
        if wide >= 1:
            a, b = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
            cv2.line(canvas, a, b, (255,), int(wide), cv2.LINE_8, _SHIFT)


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """(row, column) in pixels (pixel centres at whole numbers) to OpenCV's fixed (x, y)."""
    fine = (points[:, ::-1] + 0.5) * FINE - 0.5
    return np.rint(fine * (1 << _SHIFT)).astype(np.int32)


def _average(canvas: NDArray[np.uint8], height: int, width: int) -> Field:
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small.astype(np.float32) / np.float32(255), dtype=np.float32)
