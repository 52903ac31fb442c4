"""How fast a job goes, and so when it will be done."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 60.0
"""Older steps say little of the next: training and judging take different times."""


class Pace:
    """Hears of a job's steps; says how long the others will take."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: deque[tuple[float, int]] = deque()
        self._total = 0

    def step(self, done: int, total: int) -> None:
        """`done` of `total` steps."""
        now = self._clock()
        self._heard.append((now, done))
        self._total = total
        while len(self._heard) > 2 and now - self._heard[0][0] > WINDOW_SECONDS:
            self._heard.popleft()

    @property
    def seconds_left(self) -> float | None:
        """None while that cannot be told: one step says nothing of the next."""
        if len(self._heard) < 2:
            return None
        (began, first), (now, last) = self._heard[0], self._heard[-1]
        if last <= first or now <= began:
            return None
        return max(0.0, (self._total - last) * (now - began) / (last - first))
