"""The pyramid equals one made anew, whatever was painted in between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.app.label_plane import BLOCK, LEVELS, LabelPlane, union
from defectstudio.imaging.masks import Box


def pooled(labels, level):
    """Independent reference: the largest value of each cell, by padding and reshaping."""
    cell = 1 << level
    height, width = labels.shape
    padded = np.pad(labels, ((0, -height % cell), (0, -width % cell)))
    return padded.reshape(-(-height // cell), cell, -(-width // cell), cell).max(axis=(1, 3))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(1, 1100), st.integers(0, 2**32 - 1))
def test_levels_follow_what_is_painted(height, width, seed):
    rng = np.random.default_rng(seed)
    plane = LabelPlane(np.zeros((height, width), np.uint8))
    for _ in range(3):
        top, left = int(rng.integers(height)), int(rng.integers(width))
        box = Box(top, left, int(rng.integers(1, 40)), int(rng.integers(1, 40))).clipped(
            (height, width)
        )
        plane.labels[box.slices] = rng.integers(0, 4, box.shape)
        plane.refresh(box)
    for level in range(LEVELS):
        np.testing.assert_array_equal(plane.levels[level], pooled(plane.labels, level))


def test_class_boxes_are_exact_across_blocks_and_after_wiping():
    plane = LabelPlane(np.zeros((3 * BLOCK, 2 * BLOCK + 7), np.uint8))
    assert plane.class_boxes() == {}
    for box, value in (
        (Box(5, 6, 3, 4), 2),
        (Box(1500, 1000, 2, 31), 2),
        (Box(500, 500, 30, 9), 9),
    ):
        plane.labels[box.slices] = value
        plane.refresh(box)
    assert plane.class_boxes() == {2: Box(5, 6, 1497, 1025), 9: Box(500, 500, 30, 9)}
    plane.labels[1500:1502] = 0
    plane.refresh(Box(1500, 0, 2, 2 * BLOCK + 7))
    assert plane.class_boxes() == {2: Box(5, 6, 3, 4), 9: Box(500, 500, 30, 9)}


def test_the_callers_array_is_left_alone_and_wrong_arrays_are_refused():
    labels = np.zeros((4, 4), np.uint8)
    LabelPlane(labels).labels[:] = 1
    assert not labels.any()
    for wrong in (
        np.zeros((4, 4), np.int32),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((0, 4), np.uint8),
    ):
        with pytest.raises(ValueError, match="not a label plane"):
            LabelPlane(wrong)


def test_union():
    assert union(Box(0, 5, 2, 2), Box(4, 1, 1, 1)) == Box(0, 1, 5, 6)


@given(st.integers(0, 2**32 - 1))
def test_a_copy_equals_the_labels_and_is_nobody_elses(seed):
    rng = np.random.default_rng(seed)
    plane = LabelPlane(np.zeros(rng.integers(1, 2 * BLOCK + 9, 2), np.uint8))
    height, width = plane.shape
    for _ in range(int(rng.integers(0, 4))):
        box = Box(int(rng.integers(height)), int(rng.integers(width)), 1, 1)
        plane.labels[box.slices] = 7
        plane.refresh(box)
    copied = plane.copied()
    np.testing.assert_array_equal(copied, plane.labels)
    copied[:] = 9
    assert (plane.labels != 9).all()
