"""One figure over several seeds: its mean, its range and a bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import UserError

COVERAGE = 95.0


@dataclass(frozen=True)
class Interval:
    """mean, least and most of `values`; low..high: the 95 % percentile bootstrap interval of the
    mean, None with a single value. With three seeds the interval can be no wider than their range
    and is too narrow for what it promises."""

    mean: float
    least: float
    most: float
    low: float | None
    high: float | None
    values: tuple[float, ...]


def interval(values: Sequence[float], rng: np.random.Generator, *, draws: int = 2000) -> Interval:
    """The interval of at least one value. Raises UserError without one."""
    if not values:
        raise UserError("an interval needs a value", remedy="Measure at least one seed.")
    known = np.asarray(values, np.float64)
    low = high = None
    if len(known) > 1:
        means = rng.choice(known, (draws, len(known))).mean(axis=1)
        tail = (100 - COVERAGE) / 2
        low, high = (float(x) for x in np.percentile(means, [tail, 100 - tail]))
    return Interval(
        mean=float(known.mean()),
        least=float(known.min()),
        most=float(known.max()),
        low=low,
        high=high,
        values=tuple(known.tolist()),
    )
