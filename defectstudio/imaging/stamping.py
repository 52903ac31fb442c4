"""Shapes put down by hand: a mask turned while a hand waits, defects drawn between two points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.procedural.drawing import Stroke
from defectstudio.imaging.procedural.shapes import MAX_BOX, MIN_BOX, outline
from defectstudio.imaging.selecting import polygon
from defectstudio.imaging.types import Mask

JOINED = ("crack", "scratch")

Point = tuple[float, float]
Points = NDArray[np.float64]

_SHIFT = 4


def turned(mask: Mask, *, scale: float, angle: float) -> tuple[Mask, Point]:
    """The mask scaled and turned by degrees counter-clockwise, in its tight box.

    Also where that box's origin lies, (row, column) from the middle of the mask's own box.

    A pixel is set where half of it is covered, by linear interpolation; borders are sent there
    point by point, so that thin lines stay in one piece. Many times faster than `masks.warp`
    on large masks, and coarser. Quarter turns without scaling are exact.
    """
    if scale == 1 and angle % 90 == 0:
        return _tight(np.asarray(np.rot90(mask, int(angle) // 90), np.bool_))
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    matrix = scale * np.array([[cos, -sin], [sin, cos]])
    extent = np.abs(matrix) @ np.array(mask.shape, dtype=np.float64)
    height, width = (math.ceil(side - 1e-6) + 2 for side in extent)
    middle = (np.array([height, width]) - 1) / 2
    shift = middle - matrix @ (np.array(mask.shape) - 1) / 2
    # OpenCV's places are (x, y).
    forward = np.column_stack([matrix[::-1, ::-1], shift[::-1]])
    soft = cv2.warpAffine(mask.view(np.uint8) * np.uint8(255), forward, (width, height))
    result = np.asarray(soft >= 128, np.bool_)
    for points in _border(mask, math.ceil(scale * math.sqrt(2))):
        rows, columns = np.rint(matrix @ points + shift[:, None]).astype(np.intp)
        result[rows, columns] = True
    return _tight(result)


def _tight(mask: Mask) -> tuple[Mask, Point]:
    whole = np.ascontiguousarray(mask)
    box = bounding_box(whole)
    assert box is not None, "a mask has a border"
    return whole[box.slices], (box.top - mask.shape[0] / 2, box.left - mask.shape[1] / 2)


def _border(mask: Mask, parts: int) -> Iterator[Points]:
    """The pixels of a mask's border and what lies between neighbours: (2, n) rows and columns."""
    edge = np.pad(mask, 1)
    edge &= ~cv2.erode(edge.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)
    height, width = mask.shape
    here = edge[1:-1, 1:-1]
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1), (1, -1)):
        there = edge[1 + down : 1 + down + height, 1 + across : 1 + across + width]
        starts = np.array(np.nonzero(here & there), dtype=np.float64)
        for part in range(1 if down == across == 0 else parts):
            yield starts + np.array([[down], [across]]) * (part / parts)


def drawn(
    kind: str,
    start: Point,
    end: Point,
    thickness: float,
    *,
    shape: tuple[int, int],
    rng: np.random.Generator,
) -> list[tuple[Box, Mask]]:
    """A random defect of a kind of `procedural.shapes.DEFECTS` where a hand asks for it.

    Cracks and scratches join the two points, others fill the box between them. Masks in their
    boxes inside an image of this shape. thickness: of lines, at their thickest.
    """
    thickest = max(1.0, min(thickness, math.dist(start, end) / 4))
    if kind in JOINED:
        return _lines(_joined(kind, start, end, rng), thickest, shape)
    low = np.minimum(start, end)
    size = np.clip(np.abs(np.subtract(end, start)), MIN_BOX, MAX_BOX)
    height, width = (round(side) for side in size.tolist())
    geometry = outline(kind, height, width, rng).moved(low[0] + 0.5, low[1] + 0.5)
    if geometry.strokes:
        return _lines(geometry.strokes, thickest, shape)
    return [polygon(points.tolist(), shape) for points in geometry.polygons]


def _joined(kind: str, start: Point, end: Point, rng: np.random.Generator) -> list[Stroke]:
    """The strokes of a shape, turned and scaled so that the main one joins the two points."""
    side = int(np.clip(math.dist(start, end), MIN_BOX, MAX_BOX))
    strokes = outline(kind, side, side, rng).strokes
    main = _complex(strokes[0].points)
    turn = (complex(*end) - complex(*start)) / (main[-1] - main[0])
    moved = [complex(*start) + (_complex(stroke.points) - main[0]) * turn for stroke in strokes]
    return [
        Stroke(np.column_stack([points.real, points.imag]), stroke.widths)
        for points, stroke in zip(moved, strokes, strict=True)
    ]


def _lines(
    strokes: Sequence[Stroke], thickest: float, shape: tuple[int, int]
) -> list[tuple[Box, Mask]]:
    """Strokes as one mask: between two points a quadrilateral, on each a disc."""
    points = np.concatenate([stroke.points for stroke in strokes])
    factor = thickest / max(float(stroke.widths.max()) for stroke in strokes)
    margin = thickest / 2 + 2
    top, left = np.floor(points.min(axis=0) - margin).astype(int).tolist()
    bottom, right = np.ceil(points.max(axis=0) + margin).astype(int).tolist()
    box = Box(top, left, bottom - top, right - left).clipped(shape)
    canvas = np.zeros(box.shape, np.uint8)
    if canvas.size:
        for stroke in strokes:
            _draw(canvas, stroke.moved(-box.top - 0.5, -box.left - 0.5).scaled(factor))
    return [(box, canvas.view(np.bool_))]


def _draw(canvas: NDArray[np.uint8], stroke: Stroke) -> None:
    # OpenCV fills the border of a figure too, which makes it a pixel wider.
    radii = np.maximum(0.0, (stroke.widths - 1) / 2)
    along = np.diff(stroke.points, axis=0)
    length = np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    aside = np.column_stack([-along[:, 1], along[:, 0]]) / length
    start, end = stroke.points[:-1], stroke.points[1:]
    before, after = aside * radii[:-1, None], aside * radii[1:, None]
    corners = np.stack([start - before, start + before, end + after, end - after], axis=1)
    for figure in _fixed(corners):
        cv2.fillConvexPoly(canvas, figure, (1,), cv2.LINE_8, _SHIFT)
    for place, radius in zip(_fixed(stroke.points).tolist(), radii.tolist(), strict=True):
        cv2.circle(canvas, place, round(radius * (1 << _SHIFT)), (1,), -1, cv2.LINE_8, _SHIFT)


def _fixed(points: Points) -> NDArray[np.int32]:
    """(row, column) in pixels to OpenCV's fixed (x, y)."""
    return np.rint(points[..., ::-1] * (1 << _SHIFT)).astype(np.int32)


def _complex(points: Points) -> NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1], np.complex128)
