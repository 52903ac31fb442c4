"""Figures with what they may be by chance: over several seeds, or over the parts of a test set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def grouped_interval(
    sums: NDArray[np.float64],
    groups: Sequence[str],
    figure: Callable[[NDArray[np.float64]], float | None],
    rng: np.random.Generator,
    *,
    draws: int = 1000,
) -> Interval | None:
    """A figure of summed counts, with the bootstrap interval over groups of images: images of one
    physical part are drawn together, since they are no news to each other.

    sums (images, ...): what is added up over images; figure: of such a sum, None where it is
    undefined; draws of which it is undefined are left out. None where it is so of all images.
    `mean` is the figure of all images; least and most are over the draws.
    """
    names = sorted(set(groups))
    by_group = np.zeros((len(names), *sums.shape[1:]))
    for own, group in zip(sums, groups, strict=True):
        by_group[names.index(group)] += own
    whole = figure(by_group.sum(axis=0))
    if whole is None:
        return None
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    found = [figure(np.tensordot(times, by_group, 1)) for times in drawn.astype(np.float64)]
    values = np.array([value for value in found if value is not None])
    tail = (100 - COVERAGE) / 2
    low, high = np.percentile(values, [tail, 100 - tail]) if len(names) > 1 else (None, None)
    return Interval(
        mean=whole,
        least=float(values.min()),
        most=float(values.max()),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        values=(),
    )
