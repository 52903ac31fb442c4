"""The stamp: a shape of the class, drawn in its style while it is moved, scaled and turned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum, auto

import cv2
import numpy as np

from defectstudio.app.brush import Point
from defectstudio.app.strokes import Stroke
from defectstudio.app.studio import Studio
from defectstudio.app.tools.tool import Line, Pointer, Refusal, Tool
from defectstudio.imaging.masks import Box
from defectstudio.imaging.selecting import region
from defectstudio.imaging.stamping import turned
from defectstudio.imaging.types import Mask

MAX_STAMP = 1 << 21
"""Pixels of a stamp's box: turning a larger one would be felt."""
KNOB = 26
"""Screen pixels between the frame and the knob that turns it."""
_REACH = 10
_SCALE_STEP, _ANGLE_STEP, _STRAIGHT = 1.1, 5.0, 15.0
_CORNERS = ((-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5))
_ARROWS = {"Up": (-1, 0), "Down": (1, 0), "Left": (0, -1), "Right": (0, 1)}


class Grip(Enum):
    """What a drag does to the stamp."""

    MOVE = auto()
    SCALE = auto()
    TURN = auto()


class StampTool(Tool):
    """Places a shape, previewed at once: a drag moves it, its corners scale it, the knob turns it.

    The wheel scales and turns too, arrow keys move it by a pixel, Enter keeps it. Shift+click
    takes the painted part at the pointer as the shape.
    """

    keys = frozenset({"Enter", "Backspace", "Ctrl+Z", *_ARROWS})
    takes_wheel = True

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._stroke: Stroke | None = None
        self._centre: Point = (0.0, 0.0)
        self._held: Point = (0.0, 0.0)
        self._grip, self._zoom, self._held_down = Grip.MOVE, 1.0, False
        self._scale, self._angle = 1.0, 0.0
        self._shaped: _Shaped | None = None
        studio.tools.changed.connect(self._exchange)

    @property
    def pending(self) -> bool:
        return self._stroke is not None and self._stroke.open

    def start(self, pointer: Pointer) -> None:
        self._zoom = pointer.zoom
        if pointer.straight and self._grip_at(pointer) is Grip.MOVE:
            self._take(pointer)
        elif self._studio.tools.stamp is None:
            self._studio.refused.emit(Refusal.NO_STAMP)
        else:
            self._grip, self._held, self._held_down = self._grip_at(pointer), pointer.point, True
            if not self.pending:
                self._stroke = self._studio.begin("Stamp", live=True)
                self._centre = pointer.point
                self._place()

    def move(self, pointer: Pointer) -> None:
        if not self.pending:
            return
        down, across = pointer.row - self._centre[0], pointer.column - self._centre[1]
        if self._grip is Grip.TURN:
            angle = math.degrees(math.atan2(-across, -down))
            step = _STRAIGHT if pointer.straight else 0.1
            self._angle = round(angle / step) * step % 360
        elif self._grip is Grip.SCALE:
            was = max(1e-6, math.dist(self._held, self._centre))
            self._rescale(self._scale * math.hypot(down, across) / was)
        else:
            self._shift(pointer.row - self._held[0], pointer.column - self._held[1])
        self._held = pointer.point
        self._place()

    def end(self) -> None:
        self._held_down = False

    def hover(self, pointer: Pointer) -> None:
        self._zoom = pointer.zoom

    def double(self) -> None:
        self.press("Enter")

    def press(self, key: str) -> None:
        if key == "Enter":
            self._studio.end_stroke()
        elif key in _ARROWS:
            self._shift(*_ARROWS[key])
            self._place()
        else:
            self.cancel()

    def turn(self, steps: float, *, rotate: bool) -> None:
        if rotate:
            self._angle = (self._angle + _ANGLE_STEP * steps) % 360
        else:
            self._rescale(self._scale * _SCALE_STEP**steps)
        self._place()

    def cancel(self) -> None:
        if self.pending:
            self._studio.cancel_stroke()

    def lines(self) -> Sequence[Line]:
        if not self.pending or self._shaped is None:
            return ()
        corners = self._corners()
        frame = [*corners, corners[0]]
        return [frame, self._stem(), *(self._rims(self._shaped) if self._held_down else ())]

    def handles(self) -> Sequence[Point]:
        return (*self._corners(), self._stem()[1]) if self.pending else ()

    # --- the frame

    def _grip_at(self, pointer: Pointer) -> Grip:
        reach = _REACH / pointer.zoom
        if not self.pending:
            return Grip.MOVE
        if math.dist(pointer.point, self._stem()[1]) <= reach:
            return Grip.TURN
        near = any(math.dist(pointer.point, corner) <= reach for corner in self._corners())
        return Grip.SCALE if near else Grip.MOVE

    def _corners(self) -> list[Point]:
        return [self._at(*corner) for corner in _CORNERS]

    def _stem(self) -> tuple[Point, Point]:
        """From the middle of the frame's top to the knob."""
        return self._at(-0.5, 0.0), self._at(-0.5, 0.0, KNOB / self._zoom)

    def _at(self, down: float, across: float, above: float = 0.0) -> Point:
        """A place of the frame, in parts of its sides from its middle, so many pixels above it."""
        assert self._studio.tools.stamp is not None, "a frame is around a stamp"
        height, width = self._studio.tools.stamp.shape
        cos, sin = math.cos(math.radians(self._angle)), math.sin(math.radians(self._angle))
        row, column = down * height * self._scale - above, across * width * self._scale
        return (
            self._centre[0] + cos * row - sin * column,
            self._centre[1] + sin * row + cos * column,
        )

    # --- the shape

    def _take(self, pointer: Pointer) -> None:
        document = self._studio.document
        row, column = math.floor(pointer.row), math.floor(pointer.column)
        if document is None or document.value(row, column) is None:
            return
        self._studio.cancel_stroke()
        if document.plane.labels[row, column]:
            self._scale, self._angle = 1.0, 0.0
            self._studio.tools.choose_stamp(region(document.plane.labels, row, column)[1])

    def _exchange(self) -> None:
        """Another shape may be chosen: it takes the place of the one that is pending."""
        if self.pending and self._shaped and self._shaped.stamp is not self._studio.tools.stamp:
            self._rescale(self._scale)
            self._place()

    def _shift(self, down: float, across: float) -> None:
        self._centre = self._centre[0] + down, self._centre[1] + across

    def _rescale(self, wanted: float) -> None:
        stamp = self._studio.tools.stamp
        if stamp is not None:
            # A turned box is at most twice as large as the shape's own.
            largest = math.sqrt(MAX_STAMP / (2 * stamp.size))
            smallest = 1 / max(stamp.shape)
            self._scale = max(smallest, min(wanted, max(1.0, largest)))

    def _place(self) -> None:
        document, stroke, stamp = self._studio.document, self._stroke, self._studio.tools.stamp
        if document is None or stroke is None or stamp is None:
            return
        if self._shaped is None or not self._shaped.of(stamp, self._scale, self._angle):
            self._shaped = _Shaped(stamp, self._scale, self._angle)
        box = self._box(self._shaped)
        seen = box.clipped(document.plane.shape)
        stroke.revert()
        stroke.put(seen, self._shaped.mask[seen.moved(-box.top, -box.left).slices])

    def _rims(self, shaped: _Shaped) -> list[Line]:
        """Where the shape is by now: a preview comes a little after the hand."""
        box = self._box(shaped)
        return [(rim + np.array((box.top, box.left))).tolist() for rim in shaped.rims]

    def _box(self, shaped: _Shaped) -> Box:
        top, left = np.rint(np.add(self._centre, shaped.origin)).astype(int).tolist()
        return Box(top, left, *shaped.mask.shape)


class _Shaped:
    """A stamp scaled and turned: its mask, where that lies from the middle, and its rims."""

    def __init__(self, stamp: Mask, scale: float, angle: float) -> None:
        self.stamp, self._scale, self._angle = stamp, scale, angle
        self.mask, self.origin = turned(stamp, scale=scale, angle=angle)
        found, _ = cv2.findContours(
            self.mask.view(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE
        )
        self.rims = [np.concatenate([rim, rim[:1]])[:, 0, ::-1] + 0.5 for rim in found]

    def of(self, stamp: Mask, scale: float, angle: float) -> bool:
        """Whether it is this one."""
        return self.stamp is stamp and (self._scale, self._angle) == (scale, angle)
