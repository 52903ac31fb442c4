"""The figures of one set of generated contents against the real ones of its class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from defectstudio.evaluation.contents import Generated
from defectstudio.evaluation.copies import Training, by_features, by_pixels
from defectstudio.evaluation.seen import Features, Judge
from defectstudio.evaluation.steering import Steering
from defectstudio.metrics.diversity import Diversity, diversity
from defectstudio.metrics.kid import Kid
from defectstudio.metrics.labels import LabelSummary, summarise
from defectstudio.metrics.memorising import Memorising
from defectstudio.networks.features.distances import pairwise
from defectstudio.networks.features.turned import MAPPED


@dataclass(frozen=True)
class Figures:
    """Of one class, or pooled. None where there are too few real contents to tell.

    kid: canvases against held-out real ones; kid_crops: blended samples against crops of held-out
    images. diversity: on the whole canvas; diversity_inside: inside masks. copies_*: distances to
    the training contents, by pixels and by features; pooled ones are in units of their class's
    threshold. drawn_again: near-copies for each content, that the generator's own guard found
    before. steering: what style and class decide. unplaced: contents that found no place on any
    background.
    """

    n_fake: int
    n_real: int
    n_training: int
    kid: Kid | None
    kid_crops: Kid | None
    diversity: Diversity | None
    diversity_inside: Diversity | None
    copies_pixels: Memorising | None
    copies_features: Memorising | None
    labels: LabelSummary | None
    steering: Steering
    unplaced: int = 0
    drawn_again: float = 0.0


def figures(
    judge: Judge,
    made: Sequence[Generated],
    fake: Features | None,
    real: Features | None,
    training: Training | None,
    *,
    steering: Steering,
    rng: np.random.Generator,
    unplaced: int = 0,
) -> Figures:
    """Of the generated contents of one class, whose features are `fake`."""
    plain, inside = _diversities(judge, fake, real)
    return Figures(
        n_fake=len(made),
        n_real=len(real) if real else 0,
        n_training=len(training.features) if training else 0,
        kid=judge.distance(real, fake, rng),
        kid_crops=judge.distance(real, fake, rng, crops=True),
        diversity=plain,
        diversity_inside=inside,
        copies_pixels=by_pixels(fake, training) if fake and training else None,
        copies_features=by_features(judge, fake, training) if fake and training else None,
        labels=label_summary(made),
        steering=steering,
        unplaced=unplaced,
        drawn_again=mean_copies(made),
    )


def _diversities(
    judge: Judge, fake: Features | None, real: Features | None
) -> tuple[Diversity | None, Diversity | None]:
    """On the whole canvas and inside masks; None with fewer than two of either."""
    if fake is None or real is None or min(len(fake), len(real)) < 2:
        return None, None
    own, others = (judge.maps(one.canvases[:MAPPED]) for one in (fake, real))
    u, v = fake.masks[:MAPPED], real.masks[:MAPPED]
    whole = diversity(pairwise(own, others), pairwise(own, own), pairwise(others, others))
    inside = diversity(
        pairwise(own, others, (u, v)),
        pairwise(own, own, (u, u)),
        pairwise(others, others, (v, v)),
    )
    return whole, inside


def mean_copies(made: Sequence[Generated]) -> float:
    """How often a content was drawn again, in the mean."""
    return float(np.mean([one.copies for one in made])) if made else 0.0


def label_summary(made: Sequence[Generated]) -> LabelSummary | None:
    """Empty tries before a content found its place count as empty samples."""
    if not made:
        return None
    summary = summarise([one.accuracy for one in made])
    tries = sum(one.empty_tries for one in made)
    empty = sum(one.accuracy.empty for one in made)
    return replace(summary, empty_rate=(empty + tries) / (len(made) + tries))
