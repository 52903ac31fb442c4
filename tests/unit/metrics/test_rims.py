"""How smoothly a region meets its surroundings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from scipy.stats import wasserstein_distance

from defectstudio.metrics.rims import RIM_PX, rim, rim_distance


def scene():
    rng = np.random.default_rng(0)
    image = rng.integers(100, 130, (60, 60, 3), dtype=np.uint8)
    mask = np.zeros((60, 60), bool)
    mask[20:40, 15:45] = True
    return image, mask


def test_a_hard_edge_is_farther_than_a_soft_one():
    image, mask = scene()
    assert rim_distance(image, image, mask) == 0
    hard, soft = image.copy(), image.astype(float)
    hard[mask] += 60
    rows, columns = np.indices(mask.shape)
    depth = np.minimum.reduce([rows - 19, 40 - rows, columns - 14, 45 - columns]).clip(0, 10)
    soft[mask] += 6 * depth[mask][:, None]
    assert rim_distance(image, hard, mask) > 3 * rim_distance(image, soft.astype(np.uint8), mask)


def test_it_is_the_wasserstein_distance_in_units_of_the_surface():
    image, mask = scene()
    other = np.random.default_rng(1).integers(90, 160, image.shape, dtype=np.uint8)
    values = []
    for each in (image, other):
        rows, columns = np.gradient(each.mean(axis=2) / 255)
        values.append(np.hypot(rows, columns)[rim(mask)])
    expected = wasserstein_distance(*values) / values[0].mean()
    assert rim_distance(image, other, mask) == pytest.approx(expected)
    deep = [x.astype(np.uint16) * 257 for x in (image, other)]
    assert rim_distance(*deep, mask) == pytest.approx(expected)


def test_a_flat_background_and_a_full_mask_have_no_measure():
    image, mask = scene()
    assert rim_distance(np.zeros_like(image), image, mask) is None
    assert rim_distance(image, image, np.ones_like(mask)) is None


@given(hnp.arrays(bool, (12, 12)))
def test_a_rim_lies_on_both_sides_of_the_outline(mask):
    found = rim(mask)
    if mask.any() and not mask.all():
        assert (found & mask).any() and (found & ~mask).any()
    inside = np.argwhere(found)
    for row, column in inside[:5]:
        near = mask[
            max(0, row - RIM_PX) : row + RIM_PX + 1, max(0, column - RIM_PX) : column + RIM_PX + 1
        ]
        assert near.any() and not near.all()
