"""Strokes against a brute-force distance, and their undo against a copy."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.strokes import Stroke, clear

coordinate = st.floats(-20, 70, allow_nan=False).map(lambda value: round(value, 2))


def near_segment(shape, start, end, radius):
    """Independent reference: the distance of every pixel centre to the segment."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    run = np.subtract(end, start)
    length = float(run @ run)
    share = ((rows - start[0]) * run[0] + (columns - start[1]) * run[1]) / length if length else 0
    share = np.clip(share, 0, 1)
    return np.hypot(rows - start[0] - share * run[0], columns - start[1] - share * run[1]) - radius


@settings(max_examples=120, deadline=None)
@given(coordinate, coordinate, coordinate, coordinate, st.integers(2, 40))
def test_a_stroke_covers_the_centres_within_its_radius(top, left, bottom, right, diameter):
    plane = LabelPlane(np.zeros((48, 56), np.uint8))
    stroke = Stroke(plane, diameter, 7)
    written = [stroke.extend((top, left)), stroke.extend((bottom, right))]
    distance = near_segment((48, 56), (top, left), (bottom, right), diameter / 2)
    clear_cut = np.abs(distance) > 1e-6
    np.testing.assert_array_equal((plane.labels == 7)[clear_cut], (distance <= 0)[clear_cut])
    outside = np.ones((48, 56), bool)
    for box in written:
        if box is not None:
            outside[box.slices] = False
    assert not plane.labels[outside].any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 19), st.integers(0, 19), st.floats(0, 0.99), st.floats(0, 0.99))
def test_the_smallest_brush_paints_the_pixel_it_is_on(row, column, down, right):
    plane = LabelPlane(np.zeros((20, 20), np.uint8))
    Stroke(plane, 1, 1).extend((row + down, column + right))
    assert np.argwhere(plane.labels).tolist() == [[row, column]]


def painted(rng, plane, strokes, executor=None):
    """Random strokes; the changes and the plane before each."""
    steps = []
    for _ in range(strokes):
        before = plane.labels.copy()
        stroke = Stroke(plane, int(rng.integers(1, 60)), int(rng.integers(0, 4)), executor)
        for _ in range(5):
            stroke.extend(tuple(rng.uniform(-30, np.add(plane.shape, 30))))
        change = stroke.finish()
        if change is not None:
            steps.append((change, before))
    return steps


@pytest.mark.parametrize("aside", [False, True])
def test_undo_and_redo_give_the_same_planes(aside):
    rng = np.random.default_rng(3)
    plane = LabelPlane(rng.integers(0, 3, (700, 2600)).astype(np.uint8))
    with ThreadPoolExecutor(1) as executor:
        steps = painted(rng, plane, 12, executor if aside else None)
        after = plane.labels.copy()
        for change, before in reversed(steps):
            change.apply(plane)
            np.testing.assert_array_equal(plane.labels, before)
        for change, _ in steps:
            change.apply(plane)
    np.testing.assert_array_equal(plane.labels, after)
    np.testing.assert_array_equal(plane.levels[-1], LabelPlane(plane.labels).levels[-1])


def test_whole_image_strokes_are_packed_aside():
    plane = LabelPlane(np.zeros((2560, 2560), np.uint8))
    with ThreadPoolExecutor(1) as executor:
        stroke = Stroke(plane, 600, 1, executor)
        stroke.extend((0, 0))
        stroke.extend((2560, 2560))
        stroke.extend((0, 2560))
        change = stroke.finish()
        assert change.cost < 200_000
        change.apply(plane)
    assert not plane.labels.any()


def test_cancel_restores_and_a_stroke_without_change_is_none():
    plane = LabelPlane(np.zeros((300, 300), np.uint8))
    stroke = Stroke(plane, 30, 5)
    assert stroke.cancel() is None
    stroke.extend((150, 150))
    assert plane.levels[-1].any()
    assert stroke.cancel() is not None
    assert not plane.labels.any() and not plane.levels[-1].any()
    erase = Stroke(plane, 30, 0)
    erase.extend((150, 150))
    assert erase.finish() is None
    outside = Stroke(plane, 4, 1)
    assert outside.extend((-50, 10)) is None
    assert outside.finish() is None


def test_clear_wipes_and_is_undone():
    plane = LabelPlane(np.zeros((600, 600), np.uint8))
    assert clear(plane) is None
    for value, place in ((1, (10, 10)), (2, (590, 300))):
        Stroke(plane, 20, value).extend(place)
    before = plane.labels.copy()
    change = clear(plane)
    assert not plane.labels.any() and plane.class_boxes() == {}
    change.apply(plane)
    np.testing.assert_array_equal(plane.labels, before)
