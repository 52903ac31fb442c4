"""What a person thinks of seeds: favourites and banned ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from defectstudio.domain.recipe import Seed


class Mark(StrEnum):
    """What a person thinks of a seed."""

    FAVOURITE = "favourite"
    BANNED = "banned"


@dataclass(frozen=True)
class Marks:
    """The marked seeds of one class under one generator; each seed is in one list at most."""

    favourites: tuple[Seed, ...] = ()
    banned: tuple[Seed, ...] = ()

    def of(self, seed: int) -> Mark | None:
        """The mark of a seed."""
        if seed in self.favourites:
            return Mark.FAVOURITE
        return Mark.BANNED if seed in self.banned else None

    def marked(self, seed: int, mark: Mark | None) -> Marks:
        """With the seed marked so; None takes its mark away."""
        favourites = [one for one in self.favourites if one != seed]
        banned = [one for one in self.banned if one != seed]
        if mark is Mark.FAVOURITE:
            favourites.append(seed)
        elif mark is Mark.BANNED:
            banned.append(seed)
        return Marks(tuple(favourites), tuple(banned))
