"""What an arm is worth: every one against one of them, repeat by repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.evaluation.kept import Outcome
from defectstudio.metrics.intervals import Interval, interval

FEWEST = 3
"""Pairs below which nothing is said, and splits below which it is said of these alone."""


@dataclass(frozen=True)
class Effect:
    """An arm of one architecture. mean_f1: mean over classes of F1 at a probability of 0.5, over
    splits and repeats; difference: to the arm `against` on the same split with the same seed, with
    its interval over these pairs, None for that itself and where a figure is undefined;
    by_partition: its mean on every split."""

    arm: str
    architecture: str
    against: str
    mean_f1: Interval | None
    difference: Interval | None
    by_partition: tuple[float, ...]
    verdict: str

    @property
    def sentence(self) -> str:
        """What it comes to."""
        if self.mean_f1 is None:
            return f"{self.arm}, {self.architecture}: no figure; the test images show no defect."
        text = f"{self.arm}, {self.architecture}: mean F1 of the classes {self.mean_f1.mean:.3f}"
        if self.difference is None:
            return f"{text}."
        apart = f"{self.difference.mean:+.3f} to {self.against}"
        if self.difference.low is not None and self.difference.high is not None:
            apart += f" (95 % interval {self.difference.low:+.3f} to {self.difference.high:+.3f})"
        if len(self.by_partition) > 1:
            apart += f", by split {', '.join(f'{one:+.3f}' for one in self.by_partition)}"
        return f"{text}, {apart}: {self.verdict}."


def paired(outcomes: Sequence[Outcome], seed: int) -> dict[str, list[Effect]]:
    """Every arm against every other, by that other's name."""
    arms = list(dict.fromkeys(one.arm for one in outcomes))
    return {arm: effects(outcomes, arm, seed) for arm in arms}


def effects(outcomes: Sequence[Outcome], against: str, seed: int) -> list[Effect]:
    """Of all arms and architectures, in the order they were trained; seed: of the bootstrap."""
    rng = np.random.default_rng([seed, 7])
    keys = list(dict.fromkeys((one.arm, one.architecture) for one in outcomes))
    return [_effect(key, against, outcomes, rng) for key in keys]


def _effect(
    key: tuple[str, str], against: str, outcomes: Sequence[Outcome], rng: np.random.Generator
) -> Effect:
    arm, architecture = key
    own, other = (
        {
            (one.partition, one.seed): one.figures.mean_f1_half
            for one in outcomes
            if (one.arm, one.architecture) == (name, architecture)
        }
        for name in (arm, against)
    )
    reached = [f1 for f1 in own.values() if f1 is not None]
    mean = interval(reached, rng) if reached else None
    pairs = {
        pair: f1 - base
        for pair, f1 in own.items()
        if f1 is not None and (base := other.get(pair)) is not None
    }
    if arm == against or not pairs:
        return Effect(arm, architecture, against, mean, None, (), "")
    difference = interval(list(pairs.values()), rng)
    numbers = sorted({partition for partition, _ in pairs})
    means = tuple(
        float(np.mean([value for (n, _), value in pairs.items() if n == number]))
        for number in numbers
    )
    return Effect(arm, architecture, against, mean, difference, means, _verdict(difference, means))


def _verdict(difference: Interval, means: Sequence[float]) -> str:
    """Trainings on one split say nothing of other parts."""
    if len(difference.values) < FEWEST or difference.low is None or difference.high is None:
        return "too few repeats to tell"
    where = "" if len(means) >= FEWEST else ", on this split" if len(means) == 1 else ", on both"
    if difference.low > 0:
        return f"helps{where}"
    return f"harms{where}" if difference.high < 0 else "no effect shown"
