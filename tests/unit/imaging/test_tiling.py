"""Tiles cover, overlap, and rise into each other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.imaging.tiling import Joined, feather, tiles


@given(st.integers(1, 90), st.integers(1, 90))
def test_tiles_cover_every_pixel_with_some_weight(height, width):
    weight = np.zeros((height, width), np.float32)
    boxes = list(tiles((height, width), 32, 12))
    for box in boxes:
        assert max(box.shape) <= 32
        share = feather(box, (height, width), 12, 3)
        assert share.shape == box.shape and share.min() >= 0 and share.max() <= 1
        weight[box.slices] += share
    assert weight.min() > 0
    if max(height, width) <= 32:
        assert len(boxes) == 1 and (weight == 1).all()


def test_the_margin_of_a_tile_counts_for_nothing_unless_it_is_the_images():
    left, right = tiles((20, 50), 32, 12)
    share = feather(left, (20, 50), 12, 3)
    assert not share[:, -2:].any() and (share[:, 0] == 1).all()
    assert not feather(right, (20, 50), 12, 3)[:, :2].any()


def test_equal_tiles_join_to_the_image_and_rest_on_what_lies_under():
    image = np.random.default_rng(0).random((70, 40, 3)).astype(np.float32)
    joined = Joined(image.shape)
    boxes = list(tiles(image.shape, 32, 12))
    for box in boxes:
        joined.add(image[box.slices], box, feather(box, image.shape, 12, 3))
    assert np.allclose(joined.over(np.zeros_like(image)), image, atol=1e-6)
    some = Joined(image.shape)
    some.add(image[boxes[0].slices], boxes[0], feather(boxes[0], image.shape, 12, 3))
    assert np.array_equal(some.over(image)[-1], image[-1])
