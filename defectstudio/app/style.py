"""The style of each class: a seed, what is done to it, and whether the dice may change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from defectstudio.domain.recipe import ClassMix, MixedLayers, Style, StyleMix

MAX_SEED = 999_999
"""The dice throws numbers a person can read out and type again; any larger one may be typed."""


@dataclass(frozen=True)
class Look:
    """What is done to the style that a class's seed names; the defaults: nothing.

    second, amount, fine: as `recipe.StyleMix`, where fine means its fine layers only; other,
    nearness: as `recipe.ClassMix`; contrast: as `recipe.Defect`; truncation, normal: as
    `recipe.Style`, the latter read from a real defect of the name `of`.
    """

    second: int = 0
    amount: float = 0.0
    fine: bool = False
    other: int = 0
    nearness: float = 0.0
    contrast: float = 0.0
    truncation: float = 1.0
    normal: tuple[float, ...] = ()
    of: str = ""

    @property
    def style(self) -> Style:
        """As a recipe says it; an amount of 0 leaves no trace there."""
        layers: MixedLayers = "fine" if self.fine else "all"
        mix = StyleMix(self.second, self.amount, layers) if self.amount else None
        near = self.other and self.nearness
        return Style(
            self.truncation, mix, self.normal, ClassMix(self.other, self.nearness) if near else None
        )

    @property
    def forgotten(self) -> Look:
        """The same without what was read from a real defect."""
        return replace(self, normal=(), of="")


class StyleBook:
    """Seeds and looks by class id. A class not met before gets a throw of the dice."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._seeds: dict[int, int] = {}
        self._looks: defaultdict[int, Look] = defaultdict(Look)
        self._locked: set[int] = set()

    def seed(self, class_id: int, banned: Collection[int] = ()) -> int:
        """The seed of a class; banned: none of these is thrown for a class not met before."""
        if class_id not in self._seeds:
            self._seeds[class_id] = self._throw(banned)
        return self._seeds[class_id]

    def choose(self, class_id: int, seed: int) -> None:
        """Set a seed by hand, locked or not."""
        self._seeds[class_id] = seed

    def roll(self, class_id: int, banned: Collection[int] = ()) -> bool:
        """Throw the dice for a class, whose style is a seed's again. False when it is locked."""
        if class_id in self._locked:
            return False
        self._seeds[class_id] = self._throw(banned)
        self._looks[class_id] = self._looks[class_id].forgotten
        return True

    def look(self, class_id: int) -> Look:
        """What is done to the style of a class."""
        return self._looks[class_id]

    def choose_look(self, class_id: int, look: Look) -> None:
        """Do this to the style of a class."""
        self._looks[class_id] = look

    def forget_read(self) -> None:
        """Let go of what was read from real defects: another generator understands none of it."""
        for class_id, look in self._looks.items():
            self._looks[class_id] = look.forgotten

    def locked(self, class_id: int) -> bool:
        """Whether the dice leave this class alone."""
        return class_id in self._locked

    def lock(self, class_id: int, locked: bool) -> None:
        """Keep a style, or let it go."""
        if locked:
            self._locked.add(class_id)
        else:
            self._locked.discard(class_id)

    def draw(self, count: int, avoided: Collection[int]) -> list[int]:
        """So many different seeds, none of the avoided ones."""
        drawn: list[int] = []
        while len(drawn) < count:
            drawn.append(self._throw({*avoided, *drawn}))
        return drawn

    def _throw(self, avoided: Collection[int] = ()) -> int:
        while (seed := int(self._rng.integers(0, MAX_SEED + 1))) in avoided:
            pass
        return seed
