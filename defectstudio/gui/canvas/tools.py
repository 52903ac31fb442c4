"""Mouse tools: start, move, end, cancel. Points are (row, column) in image coordinates."""

from __future__ import annotations

from typing import Protocol

from defectstudio.app.studio import Studio

Point = tuple[float, float]


class Tool(Protocol):
    """What the canvas does with a drag of the left button."""

    shows_ring: bool

    def start(self, point: Point, *, straight: bool) -> None: ...

    def move(self, point: Point) -> None: ...

    def end(self) -> None: ...

    def cancel(self) -> None: ...


class BrushTool:
    """Paints the chosen class, or erases. Shift draws a straight line from the last point."""

    shows_ring = True

    def __init__(self, studio: Studio, *, erase: bool) -> None:
        self._studio, self._erase = studio, erase
        self._last: tuple[object, Point] | None = None

    def start(self, point: Point, *, straight: bool) -> None:
        document = self._studio.document
        joined = straight and self._last is not None and self._last[0] is document
        first = self._last[1] if joined and self._last else point
        if self._studio.start_stroke(*first, erase=self._erase):
            self.move(point)

    def move(self, point: Point) -> None:
        self._last = (self._studio.document, point)
        self._studio.extend_stroke(*point)

    def end(self) -> None:
        self._studio.end_stroke()

    def cancel(self) -> None:
        self._studio.cancel_stroke()


class PickTool:
    """Chooses the class under the pointer."""

    shows_ring = False

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def start(self, point: Point, *, straight: bool) -> None:  # noqa: ARG002
        self._studio.pick(*point)

    def move(self, point: Point) -> None:
        self._studio.pick(*point)

    def end(self) -> None:
        """Nothing is left to do."""

    def cancel(self) -> None:
        """Nothing to take back: choosing a class is no edit."""
