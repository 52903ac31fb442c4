"""Stamp and procedural shapes."""

import numpy as np
import pytest
from scipy import ndimage

from defectstudio.app.tools.shapes import MAX_STAMP, SHAPES
from defectstudio.app.tools.tool import Pointer, Refusal


def stamp_of(height=8, width=20):
    mask = np.ones((height, width), bool)
    mask[: height // 2, : width // 2] = False
    return mask


def extent(labels):
    rows, columns = np.nonzero(labels)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def test_without_a_shape_the_stamp_says_so(desk):
    desk.drag("stamp", (40, 60))
    assert desk.refused == [Refusal.NO_STAMP]
    desk.tools["tool.stamp"].turn(1, rotate=True)
    assert not desk.labels.any()


def test_a_stamp_is_placed_moved_scaled_turned_and_kept(desk):
    studio, tool = desk.studio, desk.tools["tool.stamp"]
    studio.tools.choose_stamp(stamp_of())
    desk.drag("stamp", (40, 60), (45, 70))
    np.testing.assert_array_equal(desk.labels[41:49, 60:80] == 1, stamp_of())
    assert tool.pending and len(studio.history) == 0
    desk.drag("stamp", (10, 10), (5, 0))
    np.testing.assert_array_equal(desk.labels[36:44, 50:70] == 1, stamp_of())
    for _ in range(18):
        tool.turn(1, rotate=True)
    assert extent(desk.labels) == (20, 8)
    tool.turn(3, rotate=False)
    assert extent(desk.labels) == (27, 11)
    tool.press("Enter")
    assert not tool.pending and tool.lines() == () and studio.history.undo_text == "Stamp"
    kept = desk.labels.copy()
    desk.drag("stamp", (80, 100))
    assert extent(desk.labels[70:]) != (0, 0), "the next one has the same size and turn"
    tool.cancel()
    np.testing.assert_array_equal(desk.labels, kept)
    studio.history.undo()
    assert not desk.labels.any()


def test_other_keys_take_the_stamp_back_and_a_double_click_keeps_it(desk):
    tool = desk.tools["tool.stamp"]
    desk.studio.tools.choose_stamp(stamp_of())
    desk.drag("stamp", (40, 60))
    tool.press("Ctrl+Z")
    assert not desk.labels.any() and not tool.pending
    desk.drag("stamp", (40, 60))
    tool.double()
    assert desk.labels.any() and not tool.pending


def test_a_stamp_over_the_border_is_cut_off_and_one_outside_is_nothing(desk):
    desk.studio.tools.choose_stamp(stamp_of())
    desk.drag("stamp", (2, 60))
    assert extent(desk.labels) == (6, 20)
    desk.drag("stamp", (0, 0), (-100, 0))
    desk.studio.end_stroke()
    assert not desk.labels.any() and len(desk.studio.history) == 0


def test_the_scale_has_bounds(desk):
    tool = desk.tools["tool.stamp"]
    desk.studio.tools.choose_stamp(stamp_of())
    desk.drag("stamp", (40, 60))
    tool.turn(-300, rotate=False)
    assert 1 <= desk.labels.sum() <= 4
    tool.turn(300, rotate=False)
    assert tool._shape().size <= MAX_STAMP
    tool.cancel()


def test_a_painted_part_is_taken_as_the_stamp(desk_on, disc):
    labels = np.zeros((90, 120), np.uint8)
    labels[10:18, 10:30][stamp_of()] = 2
    labels[60:70, 60:70] = 2
    desk = desk_on(disc[1], labels)
    for place in ((50, 50), (-5, 5), (15, 25)):
        desk.drag("stamp", place, straight=True)
    np.testing.assert_array_equal(desk.studio.tools.stamp, stamp_of())
    np.testing.assert_array_equal(desk.labels, labels)


def test_what_is_painted_of_a_class_is_copied(desk):
    assert not desk.studio.copy()
    desk.drag("lasso", (20, 30), (20, 40), (25, 40), (25, 30))
    assert desk.studio.copy()
    np.testing.assert_array_equal(desk.studio.tools.stamp, np.ones((5, 10), bool))


@pytest.mark.parametrize("kind", SHAPES)
def test_shapes_fill_the_drag_and_are_new_each_time(desk, kind):
    desk.studio.tools.choose_shape(kind)
    desk.studio.tools.resize(3)
    drawn = []
    for _ in range(2):
        desk.drag("shape", (20, 20), (50, 80), (70, 100))
        drawn.append(desk.labels.copy())
        rows, columns = np.nonzero(drawn[-1])
        assert rows.min() <= 24 and columns.min() <= 24 and rows.max() >= 66 and columns.max() >= 96
        assert desk.studio.history.undo_text == "Shape"
        desk.studio.history.undo()
    assert (drawn[0] != drawn[1]).any()


@pytest.mark.parametrize("kind", ["crack", "scratch"])
def test_lines_go_from_end_to_end_in_one_piece_as_thick_as_the_brush(desk, kind):
    desk.studio.tools.choose_shape(kind)
    desk.studio.tools.resize(6)
    desk.drag("shape", (15, 110), (75, 20))
    ends = desk.labels[13:17, 108:112], desk.labels[73:77, 18:22]
    assert all(end.any() for end in ends)
    numbers, _ = ndimage.label(desk.labels, np.ones((3, 3)))
    assert numbers[13:17, 108:112].max() == numbers[73:77, 18:22].max() > 0
    assert 4 <= 2 * ndimage.distance_transform_edt(desk.labels).max() <= 12


def test_r_throws_the_dice_during_the_drag(desk):
    tool = desk.tools["tool.shape"]
    tool.start(Pointer(20, 20))
    tool.move(Pointer(70, 100))
    before = desk.labels.copy()
    assert tool.pending and "R" in tool.keys
    tool.press("R")
    assert (desk.labels != before).any()
    tool.cancel()
    tool.move(Pointer(10, 10))
    assert not desk.labels.any() and not tool.pending
