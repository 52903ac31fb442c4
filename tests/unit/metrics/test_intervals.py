"""Intervals over seeds."""

import numpy as np
import pytest

from defectstudio.domain.errors import UserError
from defectstudio.metrics.intervals import grouped_interval, interval


def test_mean_range_and_bootstrap():
    rng = np.random.default_rng(0)
    values = rng.normal(3.0, 1.0, 400)
    found = interval(values.tolist(), rng)
    standard_error = values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert (found.least, found.most) == (values.min(), values.max())
    assert found.low == pytest.approx(found.mean - 1.96 * standard_error, abs=0.3 * standard_error)
    assert found.high == pytest.approx(found.mean + 1.96 * standard_error, abs=0.3 * standard_error)


def test_three_values_stay_within_their_range():
    found = interval([1.0, 2.0, 4.0], np.random.default_rng(0))
    assert 1.0 <= found.low <= found.mean <= found.high <= 4.0
    assert found == interval([1.0, 2.0, 4.0], np.random.default_rng(0))


def test_one_value_has_no_interval():
    found = interval([2.0], np.random.default_rng(0))
    assert (found.mean, found.low, found.high) == (2.0, None, None)


def test_no_value():
    with pytest.raises(UserError, match="needs a value"):
        interval([], np.random.default_rng(0))


def test_images_of_one_group_are_drawn_together():
    """Ten images of two parts vary as two do, not as ten."""
    rng = np.random.default_rng(0)
    values = np.array([0.0] * 5 + [1.0] * 5)[:, None]
    sums = np.concatenate([values, np.ones((10, 1))], axis=1)

    def mean(total):
        return float(total[0] / total[1]) if total[1] else None

    apart = grouped_interval(sums, [str(n) for n in range(10)], mean, rng)
    together = grouped_interval(sums, ["a"] * 5 + ["b"] * 5, mean, rng)
    assert apart.mean == together.mean == 0.5
    assert (together.low, together.high) == (0, 1)
    assert 0 < apart.low < apart.high < 1
    one = grouped_interval(sums, ["a"] * 10, mean, rng)
    assert one.low is None and one.mean == 0.5
    assert grouped_interval(sums[:0], [], lambda _: None, rng) is None
