"""Strokes on a label plane, and what is kept of them to take them back."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import cv2
import numpy as np

from defectstudio.app.brush import Brush, Point, Segment, draw, frayed, pieces, reach
from defectstudio.app.label_plane import LabelPlane, Plane, union
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.types import Mask

TILE = 256


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


@dataclass(frozen=True)
class Loose:
    """The same, not packed yet."""

    box: Box
    delta: Plane

    def apply(self, labels: Plane) -> None:
        """As of a patch."""
        labels[self.box.slices] ^= self.delta


class Change:
    """What an edit changed on a plane. The executor packs it meanwhile: nobody waits for that,
    neither who paints nor who undoes.

    cost: bytes held; less when it is packed.
    """

    def __init__(self, box: Box, loose: tuple[Loose, ...], executor: Executor | None) -> None:
        self.box, self._loose = box, loose
        self.cost = sum(one.delta.size for one in loose)
        self._packing: Future[tuple[Patch, ...]] = Future()
        if executor is None:
            self._packing.set_result(_packed(loose))
        else:
            self._packing = executor.submit(_packed, loose)
        self._packing.add_done_callback(self._settle)

    @property
    def patches(self) -> tuple[Patch, ...]:
        """What it consists of; waits while it is still being packed."""
        return self._packing.result()

    def apply(self, plane: LabelPlane) -> Box:
        """Undo or redo, whichever is due. Returns the box to draw again."""
        loose = self._loose  # Before the question: it is let go of as soon as all is packed.
        for part in self._packing.result() if self._packing.done() else loose:
            part.apply(plane.labels)
            plane.refresh(part.box)
        return self.box

    def _settle(self, packing: Future[tuple[Patch, ...]]) -> None:
        self.cost = sum(len(patch.packed) for patch in packing.result())
        self._loose = ()


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

    def revert(self) -> Box | None:
        """Put everything back. Returns the box to draw again."""
        for (row, column), before in self._before.items():
            tile = self._tile(row, column)
            if not np.array_equal(tile, before):
                tile[:] = before
                self._plane.refresh(Box(row * TILE, column * TILE, *tile.shape))
        return self._box

    def finish(self) -> Change | None:
        """The change since the start, None when nothing changed."""
        loose = []
        while self._before:
            (row, column), before = self._before.popitem()
            # Into the copy, which is not needed any more: whole-image strokes touch many tiles.
            delta = np.bitwise_xor(before, self._tile(row, column), out=before)
            if delta.any():
                loose.append(Loose(Box(row * TILE, column * TILE, *delta.shape), delta))
        if self._box is None or not loose:
            return None
        return Change(self._box, tuple(loose), self._executor)

    def _tile(self, row: int, column: int) -> Plane:
        top, left = row * TILE, column * TILE
        return self._plane.labels[top : top + TILE, left : left + TILE]


class Stroke:
    """An edit under way: one value written wherever no lock forbids it.

    `painted` is told each box that changed. After its end it writes nothing any more.
    """

    def __init__(
        self,
        plane: LabelPlane,
        value: int,
        *,
        locked: frozenset[int] = frozenset(),
        painted: Callable[[Box], object] | None = None,
        executor: Executor | None = None,
    ) -> None:
        """`locked`: classes whose pixels stay as they are."""
        self._plane, self._value, self._painted = plane, value, painted
        self._recorder: Recorder | None = Recorder(plane, executor)
        self._locked, self._outcome = locked, outcome(value, locked)

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self._recorder is not None

    def line(self, start: Point, end: Point, brush: Brush) -> None:
        """Draw a straight line; a brush of one pixel sets whole pixels."""
        if brush.diameter <= 1:
            start, end = _centre(start), _centre(end)
        for piece in pieces((start, end), max(TILE, brush.diameter)):
            box = reach(piece, brush.diameter, self._plane.shape)
            if box is not None and (view := self._opened(box)) is not None:
                self._draw(view, box, piece, brush)
                self._written(box)

    def put(self, box: Box, mask: Mask) -> None:
        """Write the true pixels of a mask that lies in `box`, which lies in the plane."""
        inner = bounding_box(mask)
        if inner is not None:
            place = inner.moved(box.top, box.left)
            if (view := self._opened(place)) is not None:
                self._set(view, mask[inner.slices])
                self._written(place)

    def revert(self) -> None:
        """Put back all that was written; the stroke goes on."""
        if self._recorder is not None:
            self._tell(self._recorder.revert())

    def finish(self) -> Change | None:
        """End the stroke; None when it changed nothing."""
        recorder, self._recorder = self._recorder, None
        return recorder.finish() if recorder else None

    def cancel(self) -> None:
        """Take the whole stroke back."""
        self.revert()
        self._recorder = None

    def _opened(self, box: Box) -> Plane | None:
        """The box's part of the plane, to write into; None after the stroke's end."""
        if self._recorder is None:
            return None
        self._recorder.touch(box)
        return self._plane.labels[box.slices]

    def _written(self, box: Box) -> None:
        self._plane.refresh(box)
        self._tell(box)

    def _draw(self, view: Plane, box: Box, segment: Segment, brush: Brush) -> None:
        if brush.frays:
            self._set(view, frayed(box, segment, brush))
        elif self._locked:
            draw(view, box, segment, brush.diameter, self._fresh(view))
        else:
            draw(view, box, segment, brush.diameter, self._value)

    def _set(self, view: Plane, mask: Mask) -> None:
        # OpenCV's masked copy is a hundred times faster than NumPy's on bytes.
        cv2.copyTo(self._fresh(view), mask.view(np.uint8), view)

    def _fresh(self, view: Plane) -> Plane:
        """What may stand where the view is."""
        return np.asarray(cv2.LUT(view, self._outcome), np.uint8)

    def _tell(self, box: Box | None) -> None:
        if box is not None and self._painted is not None:
            self._painted(box)


def outcome(value: int, locked: frozenset[int]) -> Plane:
    """What each class id becomes where `value` is written: the locked ones stay."""
    table = np.full(256, value, np.uint8)
    kept = sorted(locked)
    table[kept] = kept
    return table


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


def _packed(loose: tuple[Loose, ...]) -> tuple[Patch, ...]:
    return tuple(_patch(one.box, one.delta) for one in loose)


def _patch(tile: Box, delta: Plane) -> Patch:
    inner = bounding_box(delta.view(np.bool_))
    assert inner is not None, "a delta that changes nothing"
    changed = np.ascontiguousarray(delta[inner.slices])
    return Patch(inner.moved(tile.top, tile.left), zlib.compress(changed.data, 1))


def _centre(point: Point) -> Point:
    return math.floor(point[0]) + 0.5, math.floor(point[1]) + 0.5
