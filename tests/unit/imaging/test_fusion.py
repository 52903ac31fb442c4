"""Gaussian mask fusion."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from defectstudio.imaging.fusion import fused, gaussian_mask

MASKS = hnp.arrays(bool, st.tuples(st.integers(1, 24), st.integers(1, 24)))


@given(MASKS, st.sampled_from([0.0, 0.7, 1.5, 4.0]))
def test_nothing_changes_outside_and_some_of_every_part_inside(mask, sigma):
    g = gaussian_mask(mask, sigma)
    assert g.dtype == np.float32 and g.shape == mask.shape
    assert not g[~mask].any() and (g[mask] > 0).all() and (g <= 1 + 1e-6).all()


def test_in_a_wide_mask_it_is_the_gaussian():
    mask = np.zeros((60, 60), bool)
    mask[15:45, 15:45] = True
    g = gaussian_mask(mask, 1.5)
    exact = ndimage.gaussian_filter(mask.astype(float), 1.5, truncate=6)
    away_from_corners = slice(15, 45), slice(21, 39)
    assert np.abs(g - exact)[away_from_corners].max() < 2e-3
    assert 0.45 < g[15, 30] / exact[30, 30] < 0.65  # about half at the rim


def test_a_thin_line_keeps_its_contrast():
    line = np.zeros((21, 60), bool)
    line[10, 5:55] = True
    assert gaussian_mask(line, 3.0)[10, 30] > 0.99


def test_without_a_share_the_surface_stays_to_the_bit():
    rng = np.random.default_rng(0)
    made, surface = rng.random((2, 9, 9, 3), np.float32)
    g = np.zeros((9, 9), np.float32)
    g[4, 4], g[4, 5] = 1, 0.5
    mixed = fused(made, surface, g)
    assert np.array_equal(mixed[g == 0], surface[g == 0])
    assert np.array_equal(mixed[4, 4], made[4, 4])
    assert np.allclose(mixed[4, 5], (made + surface)[4, 5] / 2)
