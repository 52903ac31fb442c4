"""Strokes on a label plane, and what is kept of them to take them back."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from defectstudio.app.label_plane import LabelPlane, Plane, union
from defectstudio.imaging.masks import Box

TILE = 256
_ASIDE = 64
"""From this many touched tiles on, packing would be felt and is done by the executor."""

Point = tuple[float, float]
"""(row, column) in image coordinates: pixel (r, c) covers [r, r + 1) x [c, c + 1)."""


@dataclass(frozen=True)
class Patch:
    """A changed box of a plane: zlib of before XOR after, which applied twice changes nothing."""

    box: Box
    packed: bytes

    def apply(self, labels: Plane) -> None:
        """Swap before for after, or after for before."""
        box = self.box
        delta = np.frombuffer(zlib.decompress(self.packed), np.uint8)
        labels[box.slices] ^= delta.reshape(box.shape)


class Change:
    """What an edit changed on a plane."""

    def __init__(self, box: Box, pack: Callable[[], tuple[Patch, ...]]) -> None:
        self.box = box
        self._pack = pack

    @property
    def cost(self) -> int:
        """Bytes held."""
        return sum(len(patch.packed) for patch in self.patches)

    @property
    def patches(self) -> tuple[Patch, ...]:
        """What it consists of; waits while it is still being packed."""
        return self._pack()

    def apply(self, plane: LabelPlane) -> Box:
        """Undo or redo, whichever is due. Returns the box to draw again."""
        for patch in self.patches:
            patch.apply(plane.labels)
        plane.refresh(self.box)
        return self.box


class Recorder:
    """Copies tiles of a plane before they are first written to."""

    def __init__(self, plane: LabelPlane, executor: Executor | None = None) -> None:
        self._plane = plane
        self._executor = executor
        self._before: dict[tuple[int, int], Plane] = {}
        self._box: Box | None = None

    def touch(self, box: Box) -> None:
        """Call before writing into `box` (inside the plane)."""
        for row in range(box.top // TILE, (box.bottom - 1) // TILE + 1):
            for column in range(box.left // TILE, (box.right - 1) // TILE + 1):
                if (row, column) not in self._before:
                    self._before[row, column] = self._tile(row, column).copy()
        self._box = box if self._box is None else union(self._box, box)

    def finish(self) -> Change | None:
        """The change since the start, None when nothing changed."""
        deltas = [
            (row * TILE, column * TILE, np.bitwise_xor(before, self._tile(row, column)))
            for (row, column), before in self._before.items()
        ]
        self._before.clear()
        deltas = [delta for delta in deltas if delta[2].any()]
        if self._box is None or not deltas:
            return None
        if self._executor is not None and len(deltas) >= _ASIDE:
            return Change(self._box, self._executor.submit(_packed, deltas).result)
        patches = _packed(deltas)
        return Change(self._box, lambda: patches)

    def cancel(self) -> Box | None:
        """Put everything back. Returns the box to draw again."""
        for (row, column), before in self._before.items():
            self._tile(row, column)[:] = before
        self._before.clear()
        if self._box is not None:
            self._plane.refresh(self._box)
        return self._box

    def _tile(self, row: int, column: int) -> Plane:
        top, left = row * TILE, column * TILE
        return self._plane.labels[top : top + TILE, left : left + TILE]


class Stroke:
    """One stroke of a round brush of whole-pixel `diameter` that writes class `value`."""

    def __init__(
        self, plane: LabelPlane, diameter: int, value: int, executor: Executor | None = None
    ) -> None:
        self._plane, self._diameter, self._value = plane, diameter, value
        self._recorder = Recorder(plane, executor)
        self._last: Point | None = None

    def extend(self, point: Point) -> Box | None:
        """Draw from the last point to `point`. Returns the box written to, None outside."""
        if self._diameter == 1:
            point = (math.floor(point[0]) + 0.5, math.floor(point[1]) + 0.5)
        start = self._last or point
        self._last = point
        box = _reach(start, point, self._diameter, self._plane.shape)
        if box is None:
            return None
        self._recorder.touch(box)
        _paint(self._plane.labels, box, (start, point), self._diameter / 2, self._value)
        self._plane.refresh(box)
        return box

    def finish(self) -> Change | None:
        """End the stroke; None when it changed nothing."""
        return self._recorder.finish()

    def cancel(self) -> Box | None:
        """Take the whole stroke back. Returns the box to draw again."""
        return self._recorder.cancel()


def clear(plane: LabelPlane, executor: Executor | None = None) -> Change | None:
    """Wipe the plane; None when it was empty."""
    boxes = plane.class_boxes()
    recorder = Recorder(plane, executor)
    for box in boxes.values():
        recorder.touch(box)
    for box in boxes.values():
        plane.labels[box.slices] = 0
    for box in boxes.values():
        plane.refresh(box)
    return recorder.finish()


def replace_labels(
    plane: LabelPlane, labels: Plane, executor: Executor | None = None
) -> Change | None:
    """Write `labels` over the whole plane; None when they are there already."""
    rows = np.flatnonzero((plane.labels != labels).any(axis=1))
    if not rows.size:
        return None
    box = Box(int(rows[0]), 0, int(rows[-1] - rows[0]) + 1, labels.shape[1])
    recorder = Recorder(plane, executor)
    recorder.touch(box)
    plane.labels[box.slices] = labels[box.slices]
    plane.refresh(box)
    return recorder.finish()


def _packed(deltas: list[tuple[int, int, Plane]]) -> tuple[Patch, ...]:
    return tuple(_patch(top, left, delta) for top, left, delta in deltas)


def _patch(top: int, left: int, delta: Plane) -> Patch:
    rows = np.flatnonzero(delta.any(axis=1))
    columns = np.flatnonzero(delta.any(axis=0))
    first, last = int(rows[0]), int(rows[-1]) + 1
    start, stop = int(columns[0]), int(columns[-1]) + 1
    changed = np.ascontiguousarray(delta[first:last, start:stop])
    box = Box(top + first, left + start, last - first, stop - start)
    return Patch(box, zlib.compress(changed.data, 1))


def _reach(start: Point, end: Point, diameter: int, shape: tuple[int, int]) -> Box | None:
    reach = diameter / 2 + 1
    top = math.floor(min(start[0], end[0]) - reach)
    left = math.floor(min(start[1], end[1]) - reach)
    bottom = math.ceil(max(start[0], end[0]) + reach)
    right = math.ceil(max(start[1], end[1]) + reach)
    box = Box(top, left, bottom - top, right - left).clipped(shape)
    return box if box.height and box.width else None


def _paint(plane: Plane, box: Box, segment: tuple[Point, Point], radius: float, value: int) -> None:
    """Write the pixels of `box` whose centres lie at most `radius` from the segment.

    The figure is convex, so each row holds one interval; its ends lie on the circle around
    either end of the segment or on one of the two edges parallel to it.
    """
    rows = np.arange(box.top, box.top + box.height) + 0.5
    left, right = np.full(box.height, np.inf), np.full(box.height, -np.inf)
    for row, column in segment:
        half = np.sqrt(np.maximum(radius**2 - (rows - row) ** 2, 0))
        near = np.abs(rows - row) <= radius
        left = np.where(near, np.minimum(left, column - half), left)
        right = np.where(near, np.maximum(right, column + half), right)
    (row, column), (end_row, end_column) = segment
    down, across = end_row - row, end_column - column
    if down:
        length = math.hypot(down, across)
        for side in (-radius / length, radius / length):
            share = (rows - row + side * across) / down
            edge = column + side * down + share * across
            near = (share >= 0) & (share <= 1)
            left = np.where(near, np.minimum(left, edge), left)
            right = np.where(near, np.maximum(right, edge), right)
    columns = np.arange(box.left, box.left + box.width) + 0.5
    plane[box.slices][(columns >= left[:, None]) & (columns <= right[:, None])] = value
