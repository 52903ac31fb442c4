"""Brush, eraser, straight line, and the pick of a class."""

from __future__ import annotations

import math
from collections.abc import Sequence

from defectstudio.app.brush import Brush, Point
from defectstudio.app.studio import Studio
from defectstudio.app.tools.tool import Line, Pointer, Tool

_ANGLE = math.radians(15)


class BrushTool(Tool):
    """Paints the chosen class, or erases. Shift draws a straight line from the last point."""

    shows_ring = True

    def __init__(self, studio: Studio, *, erase: bool) -> None:
        super().__init__(studio)
        self._erase = erase
        self._last: tuple[int, Point] | None = None

    def start(self, pointer: Pointer) -> None:
        document = self._studio.document
        if document is None:
            return
        known = self._last is not None and self._last[0] == document.record.id
        first = self._last[1] if pointer.straight and known and self._last else pointer.point
        if self._studio.start_stroke(*first, erase=self._erase, pressure=pointer.pressure):
            self._last = (document.record.id, pointer.point)
            if first != pointer.point:
                self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        if self._last is not None:
            self._last = (self._last[0], pointer.point)
            self._studio.extend_stroke(pointer.row, pointer.column, pointer.pressure)

    def end(self) -> None:
        self._studio.end_stroke()

    def cancel(self) -> None:
        self._studio.cancel_stroke()


class LineTool(Tool):
    """A straight line as wide as the brush; Shift keeps to whole multiples of 15 degrees."""

    shows_ring = True

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._ends: tuple[Point, Point] | None = None

    def start(self, pointer: Pointer) -> None:
        self._ends = pointer.point, pointer.point

    def move(self, pointer: Pointer) -> None:
        if self._ends is not None:
            start, end = self._ends[0], pointer.point
            self._ends = start, _snapped(start, end) if pointer.straight else end

    def end(self) -> None:
        ends, self._ends = self._ends, None
        stroke = self._studio.begin("Line") if ends else None
        if stroke is not None and ends is not None:
            stroke.line(*ends, Brush(self._studio.tools.size, self._studio.tools.hardness))
            self._studio.end_stroke()

    def cancel(self) -> None:
        self._ends = None

    def lines(self) -> Sequence[Line]:
        if self._ends is None or self._ends[0] == self._ends[1]:
            return ()
        (row, column), (end_row, end_column) = self._ends
        down, across = end_row - row, end_column - column
        half = self._studio.tools.size / 2 / math.hypot(down, across)
        aside = -across * half, down * half
        return [
            [(row + side * aside[0], column + side * aside[1]),
             (end_row + side * aside[0], end_column + side * aside[1])]
            for side in (-1, 1)
        ]  # fmt: skip


class PickTool(Tool):
    """Chooses the class under the pointer."""

    def start(self, pointer: Pointer) -> None:
        self._studio.pick(*pointer.point)

    def move(self, pointer: Pointer) -> None:
        self._studio.pick(*pointer.point)


def _snapped(start: Point, end: Point) -> Point:
    down, across = end[0] - start[0], end[1] - start[1]
    angle = round(math.atan2(down, across) / _ANGLE) * _ANGLE
    length = math.hypot(down, across)
    return start[0] + length * math.sin(angle), start[1] + length * math.cos(angle)
