"""Clusters, their mean distance and the plain one, worked by hand."""

import numpy as np
import pytest

from defectstudio.domain.errors import UserError
from defectstudio.metrics.diversity import diversity, mean_pairwise


def _distances(one, other):
    return np.abs(np.subtract.outer(np.array(one, float), np.array(other, float)))


def _on_a_line(fake, real):
    return diversity(_distances(fake, real), _distances(fake, fake), _distances(real, real))


def test_clusters_worked_by_hand():
    # nearest real: 1, 2, 4 -> 0; 9, 11 -> 10; 98 -> 100 (alone, not counted)
    found = _on_a_line([1, 2, 4, 9, 11, 98], [0, 10, 100])
    assert found.sizes == (3, 2, 1)
    assert found.clustered == pytest.approx(((1 + 3 + 2) / 3 + 2) / 2)
    assert found.real == pytest.approx((10 + 100 + 90) / 3)
    assert found.ratio == pytest.approx(found.plain / found.real)


def test_copies_of_the_real_ones_are_as_spread_but_not_diverse():
    found = _on_a_line([0, 0, 10, 10], [0, 10])
    assert found.clustered == 0
    assert found.plain == pytest.approx(10 * 8 / 12)


def test_no_cluster_of_two_and_no_two_real_ones():
    found = _on_a_line([0, 10], [0, 10])
    assert found.clustered is None
    found = _on_a_line([1, 2], [0])
    assert (found.real, found.ratio) == (None, None)
    assert found.clustered == 1


def test_equal_real_ones_have_no_ratio():
    assert _on_a_line([1, 2], [0, 0]).ratio is None


def test_mean_pairwise_leaves_the_diagonal_out():
    assert mean_pairwise(np.array([[7.0, 1.0], [1.0, 7.0]])) == 1.0


@pytest.mark.parametrize(("fake", "real"), [([1], [0]), ([1, 2], [])])
def test_too_few(fake, real):
    with pytest.raises(UserError, match="two generated samples and a real one"):
        _on_a_line(fake, real)
