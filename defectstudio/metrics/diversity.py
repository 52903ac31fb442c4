"""How much generated samples of one class differ from each other, from distance matrices.

After IC-LPIPS of Ojha et al., Few-shot image generation via cross-domain correspondence, CVPR 2021,
section 4.2: every generated sample belongs to its nearest real one, and the mean distance of pairs
is taken within these clusters. Copies of the real samples reach 0 there, though they differ from
each other as much as the real ones do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import UserError

Distances = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True)
class Diversity:
    """clustered: mean over the clusters of their mean pairwise distance; None when no cluster has
    two samples. sizes: samples of each real one's cluster, in the order of the real ones; those
    below two do not count in the mean. plain: mean distance of all generated pairs. real: the same
    of the real ones; ratio: plain / real; both None with fewer than two real samples."""

    clustered: float | None
    sizes: tuple[int, ...]
    plain: float
    real: float | None
    ratio: float | None


def mean_pairwise(distances: Distances) -> float:
    """Mean of the off-diagonal of a symmetric (N, N), N at least 2."""
    n = len(distances)
    total = distances.sum(dtype=np.float64) - np.trace(distances, dtype=np.float64)
    return float(total / (n * (n - 1)))


def diversity(to_real: Distances, among: Distances, real_among: Distances) -> Diversity:
    """to_real (N, M): generated to real; among (N, N); real_among (M, M); all at least 0.

    Raises UserError with fewer than two generated samples or without a real one.
    """
    n, m = to_real.shape
    if n < 2 or m < 1:
        raise UserError(
            f"diversity needs two generated samples and a real one, there are {n} and {m}",
            remedy="Label more defects of the class, or make more samples.",
        )
    nearest = to_real.argmin(axis=1)
    sizes = np.bincount(nearest, minlength=m)
    means = [
        mean_pairwise(among[np.ix_(own, own)])
        for own in (np.flatnonzero(nearest == cluster) for cluster in np.flatnonzero(sizes >= 2))
    ]
    plain = mean_pairwise(among)
    real = mean_pairwise(real_among) if m >= 2 else None
    return Diversity(
        clustered=float(np.mean(means)) if means else None,
        sizes=tuple(sizes.tolist()),
        plain=plain,
        real=real,
        ratio=plain / real if real else None,
    )
