"""Nearest distances, the part left out, and groups merged."""

import numpy as np
import pytest

from defectstudio.metrics.memorising import (
    memorising,
    merged_groups,
    nearest_of_other_groups,
)


def _distances(one, other):
    return np.abs(np.subtract.outer(np.array(one, float), np.array(other, float)))


def test_the_own_part_is_left_out():
    at = [0, 1, 10, 13]
    found = nearest_of_other_groups(_distances(at, at), [0, 0, 1, 1])
    assert found.tolist() == [10, 9, 9, 12]


def test_copies_are_counted_and_new_ones_are_not():
    training = [0, 1, 10, 13]
    found = memorising(
        _distances([0.1, 13, 30, -20], training), _distances(training, training), [0, 0, 1, 1]
    )
    assert found.threshold == pytest.approx(np.percentile([10, 9, 9, 12], 5))
    assert found.nearest == pytest.approx((0.1, 0, 17, 20))
    assert found.share == 0.5


def test_held_out_samples_are_suspicious_in_about_one_of_twenty_cases():
    rng = np.random.default_rng(0)
    training, new = rng.normal(size=(300, 2)), rng.normal(size=(400, 2))

    def apart(a, b):
        return np.linalg.norm(a[:, None] - b[None], axis=2)

    found = memorising(apart(new, training), apart(training, training), range(300))
    assert 0.02 < found.share < 0.09


def test_a_single_part_has_no_reference():
    at = [0, 1, 2]
    found = memorising(_distances([5], at), _distances(at, at), [4, 4, 4])
    assert (found.reference, found.threshold, found.share) == ((), None, None)
    assert found.nearest == (3,)


def test_groups_are_merged_through_others():
    parts = ["a", "a", "b", "c", "d"]
    looks = [0, 1, 1, 2, 3]
    assert merged_groups(parts) == [0, 0, 1, 2, 3]
    assert merged_groups(parts, looks) == [0, 0, 0, 1, 2]
    assert merged_groups(looks, parts) == [0, 0, 0, 1, 2]
    assert merged_groups([]) == []
