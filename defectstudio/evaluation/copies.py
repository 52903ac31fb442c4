"""Whether generated contents are copies of training contents: by their pixels, by their features.

Shapes come from the training split anyway, so contents are compared only where both have content.
The same comparison lets a generator draw a near-copy again (synthesis.guard).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.evaluation.contents import Shown
from defectstudio.evaluation.seen import Features, Judge
from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.alignment import aligned_distances
from defectstudio.metrics.canvases import without_grain
from defectstudio.metrics.memorising import Memorising, memorising
from defectstudio.networks.features.turned import least_distances


@dataclass(frozen=True)
class Training:
    """Training contents of one class, the physical part of each as a number, and the distances
    (N, N) between them, which every generator that saw them is held against."""

    features: Features
    groups: tuple[int, ...]
    apart_pixels: NDArray[np.float32]
    apart_features: NDArray[np.float32]


@dataclass(frozen=True)
class Unseen:
    """What the search says of real contents of the test split, which nobody copied: how far its
    shares can be trusted. None without a threshold."""

    pixels: Memorising | None
    features: Memorising | None


def unseen(judge: Judge, real: Features, training: Training) -> Unseen:
    """Of at least one content of the class of `training`."""
    return Unseen(by_pixels(real, training), by_features(judge, real, training))


def training(judge: Judge, shown: Sequence[Shown], groups: Mapping[str, int]) -> Training:
    """Of at least one content; groups: by the SHA-256 of the images."""
    features = judge.features(shown)
    small = _small(features)
    return Training(
        features,
        tuple(groups[one.source] for one in shown),
        aligned_distances(*small, *small),
        _apart(judge, features, features),
    )


def by_pixels(fake: Features, training: Training) -> Memorising:
    """Of at least one content each, by their pattern (`aligned_distances`)."""
    near = aligned_distances(*_small(fake), *_small(training.features))
    return memorising(near, training.apart_pixels, training.groups)


def by_features(judge: Judge, fake: Features, training: Training) -> Memorising:
    """Of at least one content each, by the feature network's maps."""
    near = _apart(judge, fake, training.features)
    return memorising(near, training.apart_features, training.groups)


def _apart(judge: Judge, one: Features, other: Features) -> NDArray[np.float32]:
    own, others = ((each.canvases, each.masks) for each in (one, other))
    return least_distances(judge.network, judge.side, own, others)


def _small(features: Features) -> tuple[Unit, Mask]:
    return without_grain(features.canvases, features.masks)
