"""Procedural shapes."""

from __future__ import annotations

import numpy as np

from defectstudio.app.brush import Point
from defectstudio.app.strokes import Stroke
from defectstudio.app.studio import Studio
from defectstudio.app.tools.tool import Pointer, Tool
from defectstudio.imaging.stamping import drawn

SHAPES = ("crack", "scratch", "thread", "hole", "stain")


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
