"""KID against a double loop, a hand-worked case and what it promises."""

import numpy as np
import pytest

from defectstudio.domain.errors import UserError
from defectstudio.metrics.kid import kid, polynomial_kernel, squared_mmd


def _by_loops(x, y):
    """Binkowski et al. 2018, eq. (4), pair by pair."""
    d = x.shape[1]

    def k(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / d + 1) ** 3

    m, n = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    yy = sum(k(y[i], y[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return xx + yy - 2 * sum(k(a, b) for a in x for b in y) / (m * n)


def _features(n, d=6, at=0.0, seed=0):
    return np.random.default_rng([n, seed]).normal(at, 1.0, (n, d)).astype(np.float32)


def test_the_estimate_is_that_of_a_double_loop():
    x, y = _features(5), _features(7, at=0.4)
    found = squared_mmd(polynomial_kernel(x, x), polynomial_kernel(y, y), polynomial_kernel(x, y))
    assert found == pytest.approx(_by_loops(x.astype(float), y.astype(float)), rel=1e-9)


def test_a_case_worked_by_hand():
    """x = 1, -1 and y = 0, 2 in one dimension: k = (xy + 1)^3."""
    x, y = np.array([[1.0], [-1.0]]), np.array([[0.0], [2.0]])
    # k(1, -1) = 0, k(0, 2) = 1; between: 1, 27, 1, -1 -> mean 7
    found = kid(x, y, np.random.default_rng(0), subsets=3)
    assert found.mean == pytest.approx(0 + 1 - 2 * 7)
    assert found.deviation == 0
    assert (found.subset, found.n_real, found.n_fake) == (2, 2, 2)
    assert found.floor_mean is found.floor_deviation is found.floor_high is None


def test_the_same_distribution_is_near_zero_and_another_far_above_the_floor():
    rng = np.random.default_rng(1)
    real = _features(60)
    same = kid(real, _features(80, seed=1), rng)
    other = kid(real, _features(80, at=1.0, seed=1), rng)
    assert abs(same.mean) < same.floor_high
    assert other.mean > 5 * other.floor_high
    assert abs(same.floor_mean) < same.floor_deviation


def test_subsets_are_as_large_as_the_smaller_side_or_the_limit():
    rng = np.random.default_rng(1)
    assert kid(_features(8), _features(5), rng, subsets=4).subset == 5
    limited = kid(_features(8), _features(5), rng, subsets=4, limit=3)
    assert limited.subset == 3
    assert limited.deviation > 0


def test_the_same_generator_gives_the_same_figures():
    real, fake = _features(9), _features(12)
    one, other = (kid(real, fake, np.random.default_rng(5)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(("n", "m"), [(1, 5), (5, 1)])
def test_one_sample_is_too_few(n, m):
    with pytest.raises(UserError, match=f"{n} real and {m} generated"):
        kid(_features(n), _features(m), np.random.default_rng(0))
