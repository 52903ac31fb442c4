"""Lasso, polygon and fill."""

from __future__ import annotations

import math
from collections.abc import Sequence

from defectstudio.app.brush import Point
from defectstudio.app.studio import Studio
from defectstudio.app.tools.tool import Line, Pointer, Refusal, Tool
from defectstudio.imaging.masks import Box
from defectstudio.imaging.selecting import polygon, region

MAX_ENCLOSED = 2048
"""An enclosed background may be so large; finding a larger one would be felt."""
_CLOSE_PX = 8
"""A click so near to the polygon's first point, on the screen, closes it."""
_STEP_PX = 0.7


class LassoTool(Tool):
    """Fills what a drag goes around."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._points: list[Point] = []

    def start(self, pointer: Pointer) -> None:
        self._points = [pointer.point]

    def move(self, pointer: Pointer) -> None:
        if math.dist(self._points[-1], pointer.point) * pointer.zoom >= _STEP_PX:
            self._points.append(pointer.point)

    def end(self) -> None:
        points, self._points = self._points, []
        _fill(self._studio, "Lasso", points)

    def cancel(self) -> None:
        self._points = []

    def lines(self) -> Sequence[Line]:
        return [[*self._points, self._points[0]]] if self._points else ()


class PolygonTool(Tool):
    """Fills what clicked points go around.

    Enter, a double click or a click on the first point closes; Backspace takes the last point.
    """

    keys = frozenset({"Enter", "Backspace", "Ctrl+Z"})

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._points: list[Point] = []
        self._tip: Point | None = None

    @property
    def pending(self) -> bool:
        return bool(self._points)

    def start(self, pointer: Pointer) -> None:
        if len(self._points) > 2 and self._at_first(pointer):
            self._close()
        else:
            self._points.append(pointer.point)
            self._tip = pointer.point

    def move(self, pointer: Pointer) -> None:
        if self._points:
            self._points[-1] = self._tip = pointer.point

    def hover(self, pointer: Pointer) -> None:
        if self._points:
            self._tip = self._points[0] if self._at_first(pointer) else pointer.point

    def double(self) -> None:
        self._close()

    def press(self, key: str) -> None:
        if key == "Enter":
            self._close()
        else:
            self._points.pop()

    def cancel(self) -> None:
        self._points = []

    def lines(self) -> Sequence[Line]:
        return [[*self._points, self._tip]] if self._points and self._tip else ()

    def _at_first(self, pointer: Pointer) -> bool:
        return math.dist(self._points[0], pointer.point) * pointer.zoom <= _CLOSE_PX

    def _close(self) -> None:
        points, self._points = self._points, []
        _fill(self._studio, "Polygon", points)


class FillTool(Tool):
    """Fills the enclosed background at the pointer, or gives a painted part the class."""

    def start(self, pointer: Pointer) -> None:
        document, plane = self._studio.document, self._studio.target
        row, column = math.floor(pointer.row), math.floor(pointer.column)
        if document is None or plane is None or document.value(row, column) is None:
            return
        value = int(plane.labels[row, column])
        if value in self._studio.kept:
            self._studio.refused.emit(Refusal.LOCKED)
            return
        # Paint is as small as the hand that made it; background must be kept from running out.
        whole = Box(0, 0, *plane.shape)
        near = Box(row, column, 1, 1).grown(MAX_ENCLOSED // 2).clipped(plane.shape)
        area = whole if value else near
        box, mask = region(plane.labels[area.slices], row - area.top, column - area.left)
        box = box.moved(area.top, area.left)
        if value == 0 and _runs_out(box, area, whole):
            self._studio.refused.emit(Refusal.NOT_ENCLOSED)
        elif (stroke := self._studio.begin("Fill")) is not None:
            stroke.put(box, mask)
            self._studio.end_stroke()


def _runs_out(box: Box, area: Box, whole: Box) -> bool:
    """Whether a region goes on outside the area it was looked for in, or is the image's ground."""
    sides = [
        (mine == border, border == end)
        for mine, border, end in (
            (box.top, area.top, whole.top),
            (box.left, area.left, whole.left),
            (box.bottom, area.bottom, whole.bottom),
            (box.right, area.right, whole.right),
        )
    ]
    return any(met and not ends for met, ends in sides) or all(met for met, _ in sides)


def _fill(studio: Studio, text: str, points: Sequence[Point]) -> None:
    if studio.document is None or len(points) < 3:
        return
    box, mask = polygon(points, studio.document.plane.shape)
    if mask.any() and (stroke := studio.begin(text)) is not None:
        stroke.put(box, mask)
        studio.end_stroke()
