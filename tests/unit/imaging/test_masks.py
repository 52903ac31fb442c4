import math

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from defectstudio.domain.errors import ImageError, RecipeError
from defectstudio.domain.recipe import EncodedMask
from defectstudio.imaging import masks
from defectstudio.imaging.masks import Box

EVERY_NEIGHBOUR = np.ones((3, 3), dtype=bool)
QUICK = settings(max_examples=60, deadline=None, derandomize=True)
SOME_MASK = npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, max_side=24))


def parts(mask):
    return ndimage.label(mask, structure=EVERY_NEIGHBOUR)[1]


@QUICK
@given(SOME_MASK)
def test_run_lengths_come_back_as_the_same_mask(mask):
    encoded = masks.encode(mask)

    assert np.array_equal(masks.decode(encoded), mask)
    assert len(encoded.counts) <= 1 + 1 + np.count_nonzero(np.diff(mask.ravel()))


def test_run_lengths_start_with_zeros():
    assert masks.encode(np.array([[1, 1, 0], [0, 0, 1]], dtype=bool)).counts == (0, 2, 3, 1)
    assert masks.encode(np.zeros((2, 2), dtype=bool)).counts == (4,)


@pytest.mark.parametrize(
    "mask",
    [np.zeros((2, 0), dtype=bool), np.zeros((2, 2), dtype=np.uint8), np.zeros(3, dtype=bool)],
)
def test_only_bool_planes_are_encoded(mask):
    with pytest.raises(ImageError, match="bool plane"):
        masks.encode(mask)


@pytest.mark.parametrize(
    "encoded",
    [
        EncodedMask(2, 2, (1, 2)),
        EncodedMask(2, 2, (5, -1)),
        EncodedMask(1 << 20, 1 << 20, (1 << 40,)),
    ],
)
def test_damaged_run_lengths_are_refused(encoded):
    with pytest.raises(RecipeError, match="run lengths"):
        masks.decode(encoded)


@QUICK
@given(SOME_MASK)
def test_the_bounding_box_is_tight(mask):
    box = masks.bounding_box(mask)

    if box is None:
        assert not mask.any()
        return
    inside = mask[box.slices]
    assert inside.sum() == mask.sum()
    assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()


def test_boxes_move_grow_and_are_clipped():
    box = Box(2, 3, 4, 5)

    assert (box.bottom, box.right, box.shape) == (6, 8, (4, 5))
    assert box.moved(-3, 1) == Box(-1, 4, 4, 5)
    assert box.grown(1) == Box(1, 2, 6, 7)
    assert Box(-1, 4, 4, 5).clipped((10, 6, 3)) == Box(0, 4, 3, 2)
    assert Box(-9, 0, 4, 5).clipped((10, 6)).height == 0
    assert Box(20, 0, 4, 5).clipped((10, 6)) == Box(10, 0, 0, 5)


@QUICK
@given(SOME_MASK)
def test_components_put_together_are_the_mask(mask):
    together = np.zeros(mask.shape, dtype=int)
    for part, box in masks.components(mask):
        assert parts(part) == 1
        assert masks.bounding_box(part) == Box(0, 0, *box.shape)
        together[box.slices] += part

    assert np.array_equal(together, mask)
    assert len(masks.components(mask)) == parts(mask)


@QUICK
@given(SOME_MASK, st.integers(0, 6))
def test_dilation_reaches_exactly_as_far_as_asked(mask, px):
    rows, columns = np.indices(mask.shape)
    expected = np.zeros(mask.shape, dtype=bool)
    for row, column in np.argwhere(mask):
        expected |= (rows - row) ** 2 + (columns - column) ** 2 <= px * px

    assert np.array_equal(masks.dilate(mask, px), expected)


def test_squared_distances_are_whole_numbers():
    mask = np.random.default_rng(0).random((90, 70)) < 0.97

    squares = masks.squared_distance(mask)

    assert np.array_equal(squares, np.rint(ndimage.distance_transform_edt(mask) ** 2))


@QUICK
@given(SOME_MASK.filter(np.any), st.integers(0, 3))
def test_quarter_turns_without_scaling_are_exact(mask, turns):
    tight = mask[masks.bounding_box(mask).slices]

    turned = masks.warp(mask, scale=1, angle=90 * turns, flip=False)
    mirrored = masks.warp(mask, scale=1, angle=0, flip=True)

    assert np.array_equal(turned, np.rot90(tight, turns))
    assert np.array_equal(mirrored, tight[:, ::-1])


@QUICK
@given(SOME_MASK.filter(np.any), st.floats(0.05, 4), st.floats(-180, 180), st.booleans())
def test_a_warp_never_vanishes_and_never_falls_apart(mask, scale, angle, flip):
    warped = masks.warp(mask, scale=scale, angle=angle, flip=flip)

    assert 1 <= parts(warped) <= parts(mask)
    assert masks.bounding_box(warped) == Box(0, 0, *warped.shape)


@pytest.mark.parametrize("scale", [0.3, 0.8, 2.5])
def test_a_warp_scales_area_and_keeps_a_crack_in_one_piece(scale):
    rows, columns = np.mgrid[:120, :120]
    disk = (rows - 60) ** 2 + (columns - 50) ** 2 <= 40**2
    crack = np.abs(rows - 60 - 20 * np.sin(columns / 12)) < 1

    assert masks.warp(disk, scale=scale, angle=31, flip=True).sum() == pytest.approx(
        disk.sum() * scale**2, rel=0.04
    )
    assert parts(crack) == 1
    assert parts(masks.warp(crack, scale=scale, angle=31, flip=True)) == 1


@QUICK
@given(st.integers(8, 40), st.floats(0.4, 3), st.floats(-180, 180))
def test_a_warp_sets_the_pixels_whose_samples_are_half_inside(radius, scale, angle):
    """Against every sample of the whole result, taken at once, of a disk with a bite."""
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = (rows**2 + columns**2 <= radius**2) & ~((rows < -radius / 2) & (columns > radius / 2))
    dense = max(2, math.ceil(2 / scale))
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    back = np.array([[cos, sin], [-sin, cos]]) / scale / dense
    side = math.ceil(scale * len(disk) * (abs(cos) + abs(sin))) + 2
    offset = back @ np.full(2, 0.5 - dense * side / 2) + radius + 1
    samples = ndimage.affine_transform(
        np.pad(disk, 1).astype(np.float32), back, offset, (side * dense, side * dense), order=1
    )
    share = samples.reshape(side, dense, side, dense).mean(axis=(1, 3))
    assume(np.abs(share - 0.5).min() > 1e-4)  # a half may be rounded either way
    expected = share > 0.5

    warped = masks.warp(disk, scale=scale, angle=angle, flip=False)

    assert np.array_equal(warped, expected[masks.bounding_box(expected).slices])


def test_impossible_warps_are_refused():
    one = np.ones((1, 1), dtype=bool)
    with pytest.raises(ImageError, match="cannot be scaled"):
        masks.warp(np.zeros((3, 3), dtype=bool), scale=1, angle=0, flip=False)
    with pytest.raises(ImageError, match="cannot be scaled"):
        masks.warp(one, scale=0, angle=0, flip=False)
    with pytest.raises(ImageError, match="would have"):
        masks.warp(np.ones((1, 30_000), dtype=bool), scale=20, angle=45, flip=False)


@pytest.mark.parametrize(("gap", "count"), [(5, 1), (6, 1), (7, 2)])
@pytest.mark.parametrize("upright", [True, False])
def test_near_components_are_one(gap: int, count: int, upright: bool) -> None:
    mask = np.zeros((30, 40), bool)
    mask[4:9, 3:10] = True
    mask[4:9, 10 + gap : 14 + gap] = True
    found = masks.components(mask.T.copy() if upright else mask, join_px=6)
    assert len(found) == count
    assert sum(int(part.sum()) for part, _ in found) == mask.sum()
