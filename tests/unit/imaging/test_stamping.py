"""Turned masks against the exact warp, and defects drawn between two points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from defectstudio.imaging.masks import bounding_box, components, warp
from defectstudio.imaging.procedural.shapes import DEFECTS
from defectstudio.imaging.stamping import JOINED, drawn, turned


def overlap(one, other):
    """Intersection over union of two masks laid centre on centre."""
    shape = np.maximum(one.shape, other.shape) + 2
    whole = []
    for mask in (one, other):
        padded = np.zeros(shape, bool)
        top, left = (shape - mask.shape) // 2
        padded[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
        whole.append(padded)
    return (whole[0] & whole[1]).sum() / (whole[0] | whole[1]).sum()


def blob():
    rows, columns = np.mgrid[:60, :90]
    return np.hypot((rows - 30) / 28, (columns - 40) / 38 + 0.4 * (rows > 30)) <= 1


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_quarter_turns_are_exact(angle):
    mask = blob()[bounding_box(blob()).slices]
    made, origin = turned(mask, scale=1, angle=angle)
    np.testing.assert_array_equal(made, np.rot90(mask, angle // 90))
    assert origin == (-made.shape[0] / 2, -made.shape[1] / 2)


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.3])
@pytest.mark.parametrize("angle", [15, 140])
def test_a_blob_is_nearly_the_exact_warp(scale, angle):
    (fast, _), exact = (turn(blob(), scale=scale, angle=angle) for turn in (turned, exactly))
    assert overlap(fast, exact) > 0.9


def exactly(mask, *, scale, angle):
    return warp(mask, scale=scale, angle=angle, flip=False)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.2, 3), st.floats(0, 360), st.booleans())
def test_a_thin_line_stays_in_one_piece(scale, angle, slanting):
    line = np.eye(40, dtype=bool) if slanting else np.ones((1, 40), bool)
    made, _ = turned(line, scale=scale, angle=angle)
    assert len(components(made)) == 1
    assert np.hypot(*made.shape) > 0.9 * scale * 39 - 2


def test_what_vanishes_is_a_pixel():
    made, _ = turned(np.ones((3, 3), bool), scale=0.01, angle=7)
    np.testing.assert_array_equal(made, [[True]])


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 3), st.floats(0, 360))
def test_the_origin_leaves_the_middle_of_the_whole_where_it_is(scale, angle):
    mask = np.zeros((41, 61), bool)
    mask[2:9, 4:12] = True
    made, origin = turned(mask, scale=scale, angle=angle)
    rows, columns = np.nonzero(made)
    found = rows.mean() + 0.5 + origin[0], columns.mean() + 0.5 + origin[1]
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    down, across = (5.5 - 20.5) * scale, (8 - 30.5) * scale
    assert np.hypot(found[0] - (cos * down - sin * across),
                    found[1] - (sin * down + cos * across)) < 0.75  # fmt: skip


def laid(made, shape):
    whole = np.zeros(shape, bool)
    for box, mask in made:
        whole[box.slices] |= mask
    return whole


@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.parametrize("thickness", [1, 5, 12])
def test_lines_join_their_ends_in_one_piece_as_thick_as_asked(kind, thickness):
    ends, shape = ((20.5, 260.5), (170.5, 30.5)), (200, 300)
    mask = laid(drawn(kind, *ends, thickness, shape=shape, rng=np.random.default_rng(3)), shape)
    numbers, _ = ndimage.label(mask, np.ones((3, 3)))
    met = [numbers[int(row) - 1 : int(row) + 2, int(column) - 1 : int(column) + 2].max()
           for row, column in ends]  # fmt: skip
    assert met[0] == met[1] > 0
    widest = 2 * ndimage.distance_transform_edt(mask).max()
    assert 0.6 * thickness <= widest <= 1.8 * thickness + 2


@pytest.mark.parametrize("kind", ["hole", "stain", "thread"])
def test_others_fill_the_box_between_the_points(kind):
    shape = (120, 150)
    made = drawn(kind, (90, 110), (30, 20), 5, shape=shape, rng=np.random.default_rng(4))
    box = bounding_box(laid(made, shape))
    assert abs(box.top - 30) <= 2 and abs(box.left - 20) <= 2
    assert abs(box.bottom - 90) <= 2 and abs(box.right - 110) <= 2


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(DEFECTS),
    st.tuples(st.floats(-200, 300), st.floats(-200, 300)),
    st.tuples(st.floats(-200, 300), st.floats(-200, 300)),
    st.integers(0, 1 << 20),
)
def test_any_ends_give_masks_inside_the_image_and_the_same_dice_the_same(kind, start, end, seed):
    shape = (60, 80)
    made, again = (
        drawn(kind, start, end, 4, shape=shape, rng=np.random.default_rng(seed)) for _ in range(2)
    )
    for (box, mask), (_, other) in zip(made, again, strict=True):
        assert mask.shape == box.shape and box.clipped(shape) == box
        np.testing.assert_array_equal(mask, other)
