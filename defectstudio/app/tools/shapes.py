"""Stamp and procedural shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from defectstudio.app.brush import Point
from defectstudio.app.strokes import Stroke
from defectstudio.app.studio import Studio
from defectstudio.app.tools.tool import Line, Pointer, Refusal, Tool
from defectstudio.imaging.masks import Box
from defectstudio.imaging.selecting import region
from defectstudio.imaging.stamping import drawn, turned
from defectstudio.imaging.types import Mask

SHAPES = ("crack", "scratch", "thread", "hole", "stain")
MAX_STAMP = 1 << 21
"""Pixels of a stamp's box: turning a larger one would be felt."""
_SCALE_STEP, _ANGLE_STEP = 1.1, 5.0


class StampTool(Tool):
    """Places a shape: a drag moves it, the wheel scales and rotates it, Enter keeps it.

    Shift+click takes the painted part at the pointer as the shape.
    """

    keys = frozenset({"Enter", "Backspace", "Ctrl+Z"})
    takes_wheel = True

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._stroke: Stroke | None = None
        self._centre: Point = (0.0, 0.0)
        self._held: Point = (0.0, 0.0)
        self._scale, self._angle = 1.0, 0.0
        self._warped: tuple[Mask | None, float, float, Mask] | None = None

    @property
    def pending(self) -> bool:
        return self._stroke is not None and self._stroke.open

    def start(self, pointer: Pointer) -> None:
        if pointer.straight:
            self._take(pointer)
        elif self._studio.tools.stamp is None:
            self._studio.refused.emit(Refusal.NO_STAMP)
        else:
            if not self.pending:
                self._stroke = self._studio.begin("Stamp")
                self._centre = pointer.point
            self._held = pointer.point
            self._place()

    def move(self, pointer: Pointer) -> None:
        if self.pending:
            down, across = pointer.row - self._held[0], pointer.column - self._held[1]
            self._centre = self._centre[0] + down, self._centre[1] + across
            self._held = pointer.point
            self._place()

    def double(self) -> None:
        self.press("Enter")

    def press(self, key: str) -> None:
        if key == "Enter":
            self._studio.end_stroke()
        else:
            self.cancel()

    def turn(self, steps: float, *, rotate: bool) -> None:
        stamp = self._studio.tools.stamp
        if stamp is None:
            return
        if rotate:
            self._angle = (self._angle + _ANGLE_STEP * steps) % 360
        else:
            # A turned box is at most twice as large as the shape's own.
            largest = math.sqrt(MAX_STAMP / (2 * stamp.size))
            smallest = 1 / max(stamp.shape)
            wanted = self._scale * _SCALE_STEP**steps
            self._scale = max(smallest, min(wanted, max(1.0, largest)))
        self._place()

    def cancel(self) -> None:
        if self.pending:
            self._studio.cancel_stroke()

    def lines(self) -> Sequence[Line]:
        if not self.pending or self._warped is None:
            return ()
        box = self._box(self._warped[3])
        top, left, bottom, right = box.top, box.left, box.bottom, box.right
        return [[(top, left), (top, right), (bottom, right), (bottom, left), (top, left)]]

    def _take(self, pointer: Pointer) -> None:
        document = self._studio.document
        row, column = math.floor(pointer.row), math.floor(pointer.column)
        if document is None or document.value(row, column) is None:
            return
        self._studio.cancel_stroke()
        if document.plane.labels[row, column]:
            self._scale, self._angle = 1.0, 0.0
            self._studio.tools.choose_stamp(region(document.plane.labels, row, column)[1])

    def _place(self) -> None:
        document, stroke = self._studio.document, self._stroke
        if document is None or stroke is None:
            return
        mask = self._shape()
        box = self._box(mask)
        seen = box.clipped(document.plane.shape)
        stroke.revert()
        inner = seen.moved(-box.top, -box.left)
        stroke.put(seen, mask[inner.slices])

    def _box(self, mask: Mask) -> Box:
        top = round(self._centre[0] - mask.shape[0] / 2)
        left = round(self._centre[1] - mask.shape[1] / 2)
        return Box(top, left, *mask.shape)

    def _shape(self) -> Mask:
        stamp = self._studio.tools.stamp
        assert stamp is not None
        key = stamp, self._scale, self._angle
        if self._warped is None or any(
            old is not new for old, new in zip(self._warped[:3], key, strict=True)
        ):
            self._warped = (*key, turned(stamp, scale=self._scale, angle=self._angle))
        return self._warped[3]


class ShapeTool(Tool):
    """Draws a random crack or scratch from where a drag begins to where it ends.

    Threads, holes and stains fill the drag's box. Each drag throws new dice; R throws them again.
    """

    shows_ring = True
    keys = frozenset({"R"})

    def __init__(self, studio: Studio, rng: np.random.Generator) -> None:
        super().__init__(studio)
        self._rng = rng
        self._seed = 0
        self._stroke: Stroke | None = None
        self._ends: tuple[Point, Point] = ((0.0, 0.0), (0.0, 0.0))

    @property
    def pending(self) -> bool:
        return self._stroke is not None

    def start(self, pointer: Pointer) -> None:
        self._stroke = self._studio.begin("Shape")
        self._ends = pointer.point, pointer.point
        self._throw()

    def move(self, pointer: Pointer) -> None:
        self._ends = self._ends[0], pointer.point
        self._draw()

    def press(self, key: str) -> None:  # noqa: ARG002
        self._throw()
        self._draw()

    def end(self) -> None:
        self._stroke = None
        self._studio.end_stroke()

    def cancel(self) -> None:
        self._stroke = None
        self._studio.cancel_stroke()

    def _throw(self) -> None:
        self._seed = int(self._rng.integers(1 << 31))

    def _draw(self) -> None:
        stroke, document, tools = self._stroke, self._studio.document, self._studio.tools
        if stroke is None or document is None:
            return
        shape, rng = document.plane.shape, np.random.default_rng(self._seed)
        stroke.revert()
        for box, mask in drawn(tools.shape, *self._ends, tools.size, shape=shape, rng=rng):
            stroke.put(box, mask)
