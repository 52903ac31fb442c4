"""The style of each class: a seed, and whether the dice may change it."""

from __future__ import annotations

import numpy as np

MAX_SEED = 999_999
"""The dice throws numbers a person can read out and type again; any larger one may be typed."""


class StyleBook:
    """Seeds by class id. A class not met before gets a throw of the dice."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._seeds: dict[int, int] = {}
        self._locked: set[int] = set()

    def seed(self, class_id: int) -> int:
        """The seed of a class."""
        if class_id not in self._seeds:
            self._seeds[class_id] = self._throw()
        return self._seeds[class_id]

    def choose(self, class_id: int, seed: int) -> None:
        """Set a seed by hand, locked or not."""
        self._seeds[class_id] = seed

    def roll(self, class_id: int) -> bool:
        """Throw the dice for a class. False when its style is locked."""
        if class_id in self._locked:
            return False
        self._seeds[class_id] = self._throw()
        return True

    def locked(self, class_id: int) -> bool:
        """Whether the dice leave this class alone."""
        return class_id in self._locked

    def lock(self, class_id: int, locked: bool) -> None:
        """Keep a style, or let it go."""
        if locked:
            self._locked.add(class_id)
        else:
            self._locked.discard(class_id)

    def _throw(self) -> int:
        return int(self._rng.integers(0, MAX_SEED + 1))
