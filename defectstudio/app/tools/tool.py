"""What a painting tool is: start, move, end, cancel, and a few things more for some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol

from defectstudio.app.brush import Point
from defectstudio.app.studio import Studio

Line = Sequence[Point]


class Pointer(NamedTuple):
    """Where the pointer is in image coordinates, and how it is held.

    straight: Shift is held; pressure: of a pen, in 0..1; zoom: screen pixels an image pixel.
    """

    row: float
    column: float
    straight: bool = False
    pressure: float = 1.0
    zoom: float = 1.0

    @property
    def point(self) -> Point:
        return self.row, self.column


class Refusal(Enum):
    """Why a tool did nothing."""

    NOT_ENCLOSED = auto()
    NOTHING_FOUND = auto()
    NO_STAMP = auto()
    LOCKED = auto()


class Run(Protocol):
    """Does `work` off the window's thread, then calls `done` or `failed` on it."""

    def __call__(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object],
        failed: Callable[[Any], object],
    ) -> object: ...


class Tool:
    """What the canvas does with a drag of the left button.

    shows_ring: the brush's size is shown at the pointer; keys: portable names of the keys the
    tool takes while it is `pending`, "Enter" standing for both of them; takes_wheel: then it also
    takes the wheel when a modifier is held.
    """

    shows_ring = False
    takes_wheel = False
    keys: frozenset[str] = frozenset()

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @property
    def pending(self) -> bool:
        """Whether something waits to be completed or cancelled."""
        return False

    def start(self, pointer: Pointer) -> None:
        """The button is pressed."""

    def move(self, pointer: Pointer) -> None:
        """The pointer moves with the button held."""

    def end(self) -> None:
        """The button is released."""

    def cancel(self) -> None:
        """Take back what is under way."""

    def hover(self, pointer: Pointer) -> None:
        """The pointer moves with no button held."""

    def double(self) -> None:
        """The second click of two; `start` and `end` of the first came before."""

    def press(self, key: str) -> None:
        """One of `keys`."""

    def turn(self, steps: float, *, rotate: bool) -> None:
        """The wheel, to scale what is pending or to rotate it."""

    def lines(self) -> Sequence[Line]:
        """Lines over the image that show what is under way."""
        return ()

    def handles(self) -> Sequence[Point]:
        """Places over the image that can be dragged."""
        return ()
