"""Work in independent pieces: where they are done changes no byte of what is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from defectstudio.domain.bounds import Bounds

Processes = Annotated[int, Bounds(1, 64)]


@dataclass(frozen=True)
class SpreadSettings:
    """Where a job's pieces are done.

    processes: workers on this machine, of one thread each. cluster: the address of a Ray cluster,
    ray://HOST:PORT or HOST:PORT, which does them instead; empty: none. open_cluster: whether one
    that admits anybody will do. chunk: samples of a piece.
    """

    processes: Processes = 1
    cluster: str = ""
    open_cluster: bool = False
    chunk: Annotated[int, Bounds(1, 10_000)] = 16


@dataclass(frozen=True)
class TogetherSettings:
    """How many processes train together, each on its part of every batch, which they divide."""

    processes: Processes = 1


Fetch = Callable[[Path], AbstractContextManager[Path]]
"""Where a file or folder of the job's owner can be read, while it is held."""


def in_place(path: Path) -> AbstractContextManager[Path]:
    """On the owner's machine a file is where it is."""
    return nullcontext(path)


class Watch(Protocol):
    """Who counts what is done, and may want no more."""

    def tick(self) -> None:
        """One more is done. May raise to stop."""

    def look(self) -> None:
        """Raise to stop."""


@dataclass(frozen=True)
class Place:
    """Where pieces are done: how to read the owner's files, and whom to tell of every part."""

    fetch: Fetch = in_place
    tick: Callable[[], None] = lambda: None


class Piece(Protocol):
    """A part of the work; its length is how many ticks it is."""

    def __len__(self) -> int: ...


P = TypeVar("P", bound=Piece)
R = TypeVar("R")
Opening = Callable[[Place], Callable[[P], R]]
"""Makes ready for pieces, once a worker: loads a network, say. It travels to the workers."""


class Pool(Protocol):
    """Does pieces, in whatever order."""

    def run(
        self, opening: Opening[P, R], pieces: Sequence[P], files: Sequence[Path] = ()
    ) -> Iterator[R]:
        """What was made of each piece, as they are done; files: what the opening may fetch."""


class Here:
    """Does the pieces itself, one after the other; tick: called after every part of one."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self.tick = tick

    def run(
        self,
        opening: Opening[P, R],
        pieces: Sequence[P],
        files: Sequence[Path] = (),  # noqa: ARG002 - they are here
    ) -> Iterator[R]:
        """See Pool."""
        if pieces:
            do = opening(Place(tick=self.tick))
            yield from map(do, pieces)
