"""One set of figures for all classes of a generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple

import numpy as np

from defectstudio.evaluation.contents import Generated
from defectstudio.evaluation.figures import Figures, label_summary, mean_copies
from defectstudio.evaluation.seen import Features, Judge, joined
from defectstudio.evaluation.steering import Steering
from defectstudio.metrics.diversity import Diversity
from defectstudio.metrics.memorising import Memorising


def pool(
    judge: Judge,
    classes: Sequence[Figures],
    sets: tuple[Sequence[Features], Sequence[Features]],
    rng: np.random.Generator,
    made: Sequence[Generated],
) -> Figures:
    """Of at least one class. sets: features of the real and of the generated contents by class.

    KID is that of all classes thrown together; diversity is the mean over the classes; of copies,
    every distance is taken in units of its class's threshold; labels are those of all samples;
    steering is the mean over the classes.
    """
    real, fake = (joined(parts) if parts else None for parts in sets)
    return Figures(
        n_fake=sum(one.n_fake for one in classes),
        n_real=sum(one.n_real for one in classes),
        n_training=sum(one.n_training for one in classes),
        kid=judge.distance(real, fake, rng),
        kid_crops=judge.distance(real, fake, rng, crops=True),
        diversity=_diversity([one.diversity for one in classes]),
        diversity_inside=_diversity([one.diversity_inside for one in classes]),
        copies_pixels=_copies([one.copies_pixels for one in classes]),
        copies_features=_copies([one.copies_features for one in classes]),
        labels=label_summary(made),
        steering=_steering([one.steering for one in classes]),
        unplaced=sum(one.unplaced for one in classes),
        drawn_again=mean_copies(made),
    )


def _diversity(parts: Sequence[Diversity | None]) -> Diversity | None:
    known = [one for one in parts if one is not None]
    if not known:
        return None
    return Diversity(
        clustered=_mean(known, lambda one: one.clustered),
        sizes=tuple(size for one in known for size in one.sizes),
        plain=float(np.mean([one.plain for one in known])),
        real=_mean(known, lambda one: one.real),
        ratio=_mean(known, lambda one: one.ratio),
    )


def _mean(known: Sequence[Diversity], figure: Callable[[Diversity], float | None]) -> float | None:
    values = [value for value in map(figure, known) if value is not None]
    return float(np.mean(values)) if values else None


def _steering(parts: Sequence[Steering]) -> Steering:
    columns = [
        [value for value in values if value is not None]
        for values in zip(*(astuple(one) for one in parts), strict=True)
    ]
    return Steering(*(float(np.mean(known)) if known else None for known in columns))


def _copies(parts: Sequence[Memorising | None]) -> Memorising | None:
    known = [(one, one.threshold) for one in parts if one is not None and one.threshold]
    if not known:
        return None
    nearest = tuple(value / unit for one, unit in known for value in one.nearest)
    reference = tuple(value / unit for one, unit in known for value in one.reference)
    share = float(np.mean(np.array(nearest) < 1)) if nearest else None
    return Memorising(nearest, reference, 1.0, share)
