"""Rings against the masks they were made of, filled by OpenCV and by pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as reference

from defectstudio.exchange.polygons import corner_rings, fill, pixel_rings

MASKS = hnp.arrays(
    bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=16), elements=st.booleans()
)

# pycocotools 2.0.11 with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@given(MASKS)
def test_pixel_rings_fill_to_the_same_pixels(mask: np.ndarray) -> None:
    rings = pixel_rings(mask)
    np.testing.assert_array_equal(fill(rings, *mask.shape), mask)
    assert all(len(ring) >= 3 for ring in rings)


@given(MASKS)
def test_corner_rings_fill_to_the_same_pixels_in_coco(mask: np.ndarray) -> None:
    rings = [ring.ravel().astype(float).tolist() for ring in corner_rings(mask)]
    if rings:
        runs = reference.merge(reference.frPyObjects(rings, *mask.shape))
        np.testing.assert_array_equal(reference.decode(runs).astype(bool), mask)
    else:
        assert not mask.any()


def test_holes_in_holes_and_straight_runs() -> None:
    mask = np.zeros((20, 30), bool)
    for inset, value in ((1, True), (3, False), (5, True), (8, False)):
        mask[inset : 20 - inset, inset : 30 - inset] = value
    outer, inner = pixel_rings(mask)
    np.testing.assert_array_equal(fill([outer, inner], 20, 30), mask)
    # A frame is two rectangles, the inner without its corners, and a bridge.
    assert len(outer) <= 4 + 8 + 3
