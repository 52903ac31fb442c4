"""Wand and GrabCut: tools that look at the image's pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.app.brush import Point
from defectstudio.app.strokes import Stroke
from defectstudio.app.studio import Studio
from defectstudio.app.tools.tool import Line, Pointer, Refusal, Run, Tool
from defectstudio.imaging.masks import Box
from defectstudio.imaging.selecting import alike, cut_out, difference
from defectstudio.imaging.types import Mask

WAND_REACH = 512
"""Pixels around the click the wand looks at: a drag must answer at once on any image."""
_PERCENT_A_PX = 0.1


class WandTool(Tool):
    """Fills what is alike and connected around the pointer; a drag changes the tolerance."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._stroke: Stroke | None = None
        self._area = Box(0, 0, 0, 0)
        self._apart: NDArray[np.int32] = np.zeros((0, 0), np.int32)
        self._place = (0, 0)
        self._from, self._tolerance = 0.0, 0.0
        self._cut_off = False

    def start(self, pointer: Pointer) -> None:
        document = self._studio.document
        row, column = math.floor(pointer.row), math.floor(pointer.column)
        if document is None or document.value(row, column) is None:
            return
        self._stroke = self._studio.begin("Wand")
        self._area = Box(row, column, 1, 1).grown(WAND_REACH).clipped(document.plane.shape)
        self._place = row - self._area.top, column - self._area.left
        self._apart = difference(document.native[self._area.slices], *self._place)
        self._from, self._tolerance = pointer.column, self._studio.tools.tolerance
        self._select()

    def move(self, pointer: Pointer) -> None:
        if self._stroke is not None:
            moved = (pointer.column - self._from) * pointer.zoom
            self._studio.tools.tolerate(self._tolerance + _PERCENT_A_PX * moved)
            self._select()

    def end(self) -> None:
        self._stroke = None
        self._studio.end_stroke()

    def cancel(self) -> None:
        self._stroke = None
        self._studio.cancel_stroke()

    def lines(self) -> Sequence[Line]:
        return [_frame(self._area)] if self._stroke is not None and self._cut_off else ()

    def _select(self) -> None:
        document, stroke = self._studio.document, self._stroke
        if document is None or stroke is None:
            return
        window = document.window
        most = self._studio.tools.tolerance / 100 * (window.high - window.low)
        box, mask = alike(self._apart, *self._place, most)
        place = box.moved(self._area.top, self._area.left)
        self._cut_off = _meets(place, self._area, document.plane.shape)
        stroke.revert()
        stroke.put(place, mask)


class GrabCutTool(Tool):
    """Cuts the object out of a dragged rectangle, off the window's thread."""

    def __init__(self, studio: Studio, run: Run) -> None:
        super().__init__(studio)
        self._run = run
        self._corners: tuple[Point, Point] | None = None
        self._asked = 0
        self._busy = False

    @property
    def pending(self) -> bool:
        return self._busy

    def start(self, pointer: Pointer) -> None:
        self._stop()
        self._corners = pointer.point, pointer.point

    def move(self, pointer: Pointer) -> None:
        if self._corners is not None:
            self._corners = self._corners[0], pointer.point

    def end(self) -> None:
        document, box = self._studio.document, self._box()
        if document is None or box is None or min(box.shape) < 3:
            self._corners = None
            return
        image_id, number = document.record.id, self._asked
        around = box.grown(max(8, max(box.shape) // 3)).clipped(document.plane.shape)
        picture = document.levels[0][around.slices]
        inner = box.moved(-around.top, -around.left)
        self._busy = True
        self._run(
            lambda: cut_out(picture, inner),
            lambda mask: self._found(image_id, number, box, mask),
            lambda _error: self._found(image_id, number, box, np.zeros(box.shape, bool)),
        )

    def cancel(self) -> None:
        self._stop()
        self._corners = None

    def lines(self) -> Sequence[Line]:
        box = self._box()
        return [_frame(box)] if box is not None else ()

    def _stop(self) -> None:
        self._asked += 1
        self._busy = False

    def _box(self) -> Box | None:
        if self._corners is None or self._studio.document is None:
            return None
        (row, column), (end_row, end_column) = self._corners
        top, left = math.floor(min(row, end_row)), math.floor(min(column, end_column))
        bottom, right = math.ceil(max(row, end_row)), math.ceil(max(column, end_column))
        shape = self._studio.document.plane.shape
        return Box(top, left, bottom - top, right - left).clipped(shape)

    def _found(self, image_id: int, number: int, box: Box, mask: Mask) -> None:
        document = self._studio.document
        if number != self._asked or document is None or document.record.id != image_id:
            return
        self.cancel()
        if not mask.any():
            self._studio.refused.emit(Refusal.NOTHING_FOUND)
        elif (stroke := self._studio.begin("Cut out")) is not None:
            stroke.put(box, mask)
            self._studio.end_stroke()
        self._studio.tools.changed.emit()


def _meets(box: Box, area: Box, shape: tuple[int, int]) -> bool:
    """Whether a box reaches a side of the area that is no side of the image."""
    return (
        (box.top == area.top > 0)
        or (box.left == area.left > 0)
        or (box.bottom == area.bottom < shape[0])
        or (box.right == area.right < shape[1])
    )


def _frame(box: Box) -> Line:
    return [
        (box.top, box.left),
        (box.top, box.right),
        (box.bottom, box.right),
        (box.bottom, box.left),
        (box.top, box.left),
    ]
