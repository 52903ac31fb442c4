"""Strokes against a brute-force distance, and their undo against a copy."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.app.brush import Brush
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.strokes import Stroke
from defectstudio.imaging.kernel import loading, painting
from defectstudio.imaging.masks import Box

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
    plane, written = LabelPlane(np.zeros((48, 56), np.uint8)), []
    stroke = Stroke(plane, 7, painted=written.append)
    stroke.line((top, left), (bottom, right), Brush(diameter))
    distance = near_segment((48, 56), (top, left), (bottom, right), diameter / 2)
    clear_cut = np.abs(distance) > 1e-6
    np.testing.assert_array_equal((plane.labels == 7)[clear_cut], (distance <= 0)[clear_cut])
    outside = np.ones((48, 56), bool)
    for box in written:
        outside[box.slices] = False
    assert not plane.labels[outside].any()


def test_a_long_line_is_whole_and_keeps_to_the_tiles_it_crosses():
    plane, written = LabelPlane(np.zeros((2000, 1500), np.uint8)), []
    stroke = Stroke(plane, 1, painted=written.append)
    stroke.line((10.3, 20.7), (1950.1, 1400.2), Brush(9))
    distance = near_segment((2000, 1500), (10.3, 20.7), (1950.1, 1400.2), 4.5)
    clear_cut = np.abs(distance) > 1e-6
    np.testing.assert_array_equal((plane.labels == 1)[clear_cut], (distance <= 0)[clear_cut])
    assert sum(box.height * box.width for box in written) < plane.labels.size / 4
    np.testing.assert_array_equal(plane.levels[3], LabelPlane(plane.labels).levels[3])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 19), st.integers(0, 19), st.floats(0, 0.99), st.floats(0, 0.99))
def test_the_smallest_brush_paints_the_pixel_it_is_on(row, column, down, right):
    plane = LabelPlane(np.zeros((20, 20), np.uint8))
    place = row + down, column + right
    Stroke(plane, 1).line(place, place, Brush(1, 0))
    assert np.argwhere(plane.labels).tolist() == [[row, column]]


@settings(max_examples=40, deadline=None)
@given(coordinate, coordinate, st.integers(2, 50), st.integers(0, 99))
def test_a_frayed_edge_has_a_solid_core_and_is_the_same_each_time(row, column, diameter, hardness):
    planes = [LabelPlane(np.zeros((48, 56), np.uint8)) for _ in range(2)]
    brush = Brush(diameter, hardness)
    for times, plane in enumerate(planes, start=1):
        for _ in range(times):
            Stroke(plane, 3).line((row, column), (row + 5, column - 8), brush)
    np.testing.assert_array_equal(planes[0].labels, planes[1].labels)
    distance = near_segment((48, 56), (row, column), (row + 5, column - 8), 0)
    painted = planes[0].labels == 3
    assert painted[distance < diameter / 2 * hardness / 100 - 1e-6].all()
    assert not painted[distance > diameter / 2 + 1e-6].any()


def test_a_frayed_edge_thins_out():
    plane = LabelPlane(np.zeros((400, 400), np.uint8))
    Stroke(plane, 1).line((200, 200), (200, 200), Brush(360, 50))
    distance = near_segment((400, 400), (200, 200), (200, 200), 0)
    shares = [
        plane.labels[(distance > low) & (distance <= low + 15)].mean() for low in range(90, 180, 15)
    ]
    assert shares == sorted(shares, reverse=True) and shares[0] > 0.75 and shares[-1] < 0.25


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 4)), st.integers(0, 4), st.sampled_from([100, 40]), st.randoms())
def test_a_locked_class_keeps_its_pixels(locked, value, hardness, random):
    rng = np.random.default_rng(random.randrange(1 << 30))
    plane = LabelPlane(rng.integers(0, 5, (40, 50)).astype(np.uint8))
    before = plane.labels.copy()
    stroke = Stroke(plane, value, locked=frozenset(locked))
    stroke.line((10, 10), (30, 40), Brush(16, hardness))
    stroke.put(Box(2, 3, 20, 30), rng.random((20, 30)) < 0.5)
    kept = np.isin(before, list(locked))
    np.testing.assert_array_equal(plane.labels[kept], before[kept])
    changed = plane.labels != before
    assert (plane.labels[changed] == value).all()


def painted(rng, plane, strokes, executor=None):
    """Random strokes; the changes and the plane before each."""
    steps = []
    for _ in range(strokes):
        before = plane.labels.copy()
        brush = Brush(int(rng.integers(1, 60)), int(rng.choice([100, 60])))
        stroke = Stroke(plane, int(rng.integers(0, 4)), executor=executor)
        for _ in range(3):
            ends = rng.uniform(-30, np.add(plane.shape, 30), (2, 2))
            stroke.line(*map(tuple, ends.tolist()), brush)
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


def test_nobody_waits_for_a_change_to_be_packed():
    plane, begun = LabelPlane(np.zeros((2560, 2560), np.uint8)), threading.Event()
    with ThreadPoolExecutor(1) as executor:
        executor.submit(begun.wait, 20)
        stroke = Stroke(plane, 1, executor=executor)
        for ends in (((0, 0), (2560, 2560)), ((2560, 2560), (0, 2560)), ((0, 0), (2560, 0))):
            stroke.line(*ends, Brush(600))
        change = stroke.finish()
        assert change.cost > 1_000_000, "what waits to be packed is held too"
        painted = plane.labels.copy()
        change.apply(plane)
        assert not plane.labels.any(), "undone before it is packed"
        begun.set()
    assert change.cost < 200_000
    change.apply(plane)
    np.testing.assert_array_equal(plane.labels, painted)


def test_cancel_restores_and_a_stroke_without_change_is_none():
    plane, written = LabelPlane(np.zeros((300, 300), np.uint8)), []
    stroke = Stroke(plane, 5, painted=written.append)
    stroke.cancel()
    assert written == [] and not stroke.open
    stroke = Stroke(plane, 5, painted=written.append)
    stroke.line((150, 150), (150, 150), Brush(30))
    assert plane.levels[-1].any() and stroke.open
    stroke.cancel()
    assert written[1] == written[0]
    assert not plane.labels.any() and not plane.levels[-1].any()
    stroke.line((150, 150), (150, 150), Brush(30))
    stroke.put(Box(0, 0, 2, 2), np.ones((2, 2), bool))
    stroke.revert()
    assert not plane.labels.any() and stroke.finish() is None, "it has ended"
    erase = Stroke(plane, 0)
    erase.line((150, 150), (150, 150), Brush(30))
    assert erase.finish() is None
    outside = Stroke(plane, 1)
    outside.line((-50, 10), (-50, 20), Brush(4))
    outside.put(Box(0, 0, 5, 5), np.zeros((5, 5), bool))
    assert outside.finish() is None


def test_a_reverted_stroke_goes_on():
    plane = LabelPlane(np.zeros((600, 600), np.uint8))
    Stroke(plane, 2).line((300, 300), (310, 310), Brush(100))
    before = plane.labels.copy()
    stroke = Stroke(plane, 1)
    for row in (250, 300, 560):
        stroke.revert()
        np.testing.assert_array_equal(plane.labels, before)
        stroke.line((row, 10), (row, 590), Brush(40))
    change = stroke.finish()
    assert (plane.labels[300] == before[300]).all() and (plane.labels[560, 10:590] == 1).all()
    for level, again in zip(plane.levels, LabelPlane(plane.labels).levels, strict=True):
        np.testing.assert_array_equal(level, again)
    change.apply(plane)
    np.testing.assert_array_equal(plane.labels, before)


@pytest.mark.skipif(painting.core() is None, reason="no compiled core")
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 1200), st.integers(1, 700))
def test_the_compiled_core_and_numpy_paint_the_same(seed, height, width):
    planes = []
    for switch in ("on", "off"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(loading.VARIABLE, switch)
            assert (painting.core() is None) == (switch == "off")
            rng = np.random.default_rng(seed)
            plane = LabelPlane(rng.integers(0, 3, (height, width)).astype(np.uint8) * 90)
            for _ in range(3):
                # Whole numbers: centres right on the edge, lines that go straight across.
                ends = rng.integers(-20, (height + 20, width + 20), (2, 2)).astype(float)
                ends += rng.choice([0, 0.5, rng.random()])
                locked = frozenset({90}) if rng.random() < 0.5 else frozenset[int]()
                stroke = Stroke(plane, int(rng.integers(4)), locked=locked)
                brush = Brush(int(rng.integers(1, 300)), int(rng.choice([100, 100, 60])))
                stroke.line(*map(tuple, ends.tolist()), brush)
            planes.append(plane)
    for compiled, plain in zip(planes[0].levels, planes[1].levels, strict=True):
        np.testing.assert_array_equal(compiled, plain)
