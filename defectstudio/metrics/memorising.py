"""Whether generated samples are copies of what their generator was trained on.

A sample is suspicious when it lies closer to a training content than two training contents of
different physical parts usually lie to each other: closer than the 5th percentile of the nearest
distances that are left when the own part is left out. Copies always are below it, honest new
samples in about 1 of 20 cases where there are many parts; with few it may be any share, which is
why unseen real contents are held against it too (evaluation.copies.Unseen).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.grouping import near_duplicate_groups

Distances = NDArray[np.float32] | NDArray[np.float64]
PERCENTILE = 5.0


@dataclass(frozen=True)
class Memorising:
    """nearest: each sample's distance to its nearest training content; reference: each training
    content's to its nearest of another group; threshold: the 5th percentile of the reference;
    share: of samples below it, 0..1. Without a second group there is no reference: None."""

    nearest: tuple[float, ...]
    reference: tuple[float, ...]
    threshold: float | None
    share: float | None


def memorising(
    to_training: Distances, among_training: Distances, groups: Sequence[int]
) -> Memorising:
    """to_training (N, M), N samples to M contents, M at least 1; among_training (M, M); groups: of
    the M contents, their physical parts with near-copies merged (`merged_groups`)."""
    nearest = to_training.min(axis=1)
    reference, threshold = bar(among_training, groups)
    share = float(np.mean(nearest < threshold)) if threshold is not None and nearest.size else None
    return Memorising(tuple(nearest.tolist()), tuple(reference.tolist()), threshold, share)


def bar(among: Distances, groups: Sequence[int]) -> tuple[NDArray[np.float64], float | None]:
    """The distances of training contents to their nearest of another group, and below which one a
    sample is suspicious; None without another group."""
    reference = nearest_of_other_groups(among, groups)
    return reference, float(np.percentile(reference, PERCENTILE)) if reference.size else None


def nearest_of_other_groups(among: Distances, groups: Sequence[int]) -> NDArray[np.float64]:
    """Each content's distance to the nearest one of another group, (M,); none without another."""
    own = np.asarray(groups)
    other = own[:, None] != own[None, :]
    if not other.any():
        return np.zeros(0)
    found: NDArray[np.float64] = np.where(other, among, np.inf).min(axis=1).astype(np.float64)
    return found


def physical_parts(images: Sequence[Path], groups: Sequence[str]) -> list[int]:
    """The physical part of every image: as the project knows it, where it does, and by its looks.

    Raises ImageError for an image that cannot be read.
    """
    looks = near_duplicate_groups(images)
    return merged_groups(groups, looks) if groups else looks


def merged_groups(*groupings: Sequence[Hashable]) -> list[int]:
    """One number each, from 0 in order of appearance: equal when any grouping links the two,
    directly or through others (the project's physical parts; near-copies found by their looks)."""
    count = len(groupings[0])
    parents = list(range(count))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for grouping in groupings:
        first: dict[Hashable, int] = {}
        for i, key in enumerate(grouping):
            parents[root(i)] = root(first.setdefault(key, i))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(i), len(numbers)) for i in range(count)]
