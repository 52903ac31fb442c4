"""Kernel inception distance: how far two sets of feature vectors lie apart.

The unbiased estimate of the squared maximum mean discrepancy with the kernel (x.y / d + 1)^3,
Binkowski et al., Demystifying MMD GANs, ICLR 2018, section 4. It has no bias at any sample size, so
it can be used for some dozens of samples where FID cannot; it may be below 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import UserError

Features = NDArray[np.float32] | NDArray[np.float64]
"""(N, D), one vector a row."""
Gram = NDArray[np.float64]


@dataclass(frozen=True)
class Kid:
    """KID of one set against real ones, and what the real ones reach among themselves.

    mean, deviation: over the subsets, whose size is `subset`; subsets share samples, so the
    deviation is no standard error. floor_mean, floor_deviation, floor_high: of one random half of
    the real ones against the other half, over as many halvings; its mean is about 0 by
    construction, `floor_high` is the 95th percentile: what a difference has to exceed to be one.
    None with fewer than four real samples.
    """

    mean: float
    deviation: float
    subset: int
    n_real: int
    n_fake: int
    floor_mean: float | None
    floor_deviation: float | None
    floor_high: float | None


def polynomial_kernel(one: Features, other: Features) -> Gram:
    """(x.y / D + 1)^3 for all pairs: (N, D), (M, D) -> float64 (N, M)."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    gram: Gram = (a @ b.T / a.shape[1] + 1.0) ** 3
    return gram


def squared_mmd(within_one: Gram, within_other: Gram, between: Gram) -> float:
    """The unbiased estimate from kernel matrices (N, N), (M, M), (N, M); N and M at least 2."""
    return _off_diagonal(within_one) + _off_diagonal(within_other) - 2.0 * float(between.mean())


def kid(
    real: Features,
    fake: Features,
    rng: np.random.Generator,
    *,
    subsets: int = 100,
    limit: int = 1000,
) -> Kid:
    """KID over random subsets of size min(N_real, N_fake, limit), drawn without replacement.

    real (N, D), fake (M, D). Raises UserError with fewer than two samples on a side.
    """
    if min(len(real), len(fake)) < 2:
        raise UserError(
            f"KID needs two samples a side, there are {len(real)} real and {len(fake)} generated",
            remedy="Label more defects of the class, or make more samples.",
        )
    size = min(len(real), len(fake), limit)
    reals = polynomial_kernel(real, real)
    fakes = polynomial_kernel(fake, fake)
    between = polynomial_kernel(real, fake)
    found = []
    for _ in range(subsets):
        r = rng.choice(len(real), size, replace=False)
        f = rng.choice(len(fake), size, replace=False)
        found.append(squared_mmd(_sub(reals, r, r), _sub(fakes, f, f), _sub(between, r, f)))
    floor = _halves(reals, rng, subsets, limit)
    return Kid(
        mean=float(np.mean(found)),
        deviation=float(np.std(found)),
        subset=size,
        n_real=len(real),
        n_fake=len(fake),
        floor_mean=float(floor.mean()) if floor.size else None,
        floor_deviation=float(floor.std()) if floor.size else None,
        floor_high=float(np.percentile(floor, 95)) if floor.size else None,
    )


def _halves(gram: Gram, rng: np.random.Generator, times: int, limit: int) -> Gram:
    """Squared MMD (times,) of two disjoint random halves; none with fewer than four samples."""
    half = min(len(gram) // 2, limit)
    if half < 2:
        return np.zeros(0)
    found = []
    for _ in range(times):
        order = rng.permutation(len(gram))
        a, b = order[:half], order[half : 2 * half]
        found.append(squared_mmd(_sub(gram, a, a), _sub(gram, b, b), _sub(gram, a, b)))
    return np.array(found)


def _sub(gram: Gram, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Gram:
    return gram[np.ix_(rows, columns)]


def _off_diagonal(gram: Gram) -> float:
    n = len(gram)
    return float((gram.sum() - np.trace(gram)) / (n * (n - 1)))
