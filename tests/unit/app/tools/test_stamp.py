"""The stamp and its handles."""

import numpy as np
import pytest

from defectstudio.app.tools.stamp import KNOB, MAX_STAMP
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
    assert tool._shaped.mask.size <= MAX_STAMP
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


@pytest.fixture
def pending(desk):
    """A desk with a stamp of 8 x 20 around (40, 60)."""
    desk.studio.tools.choose_stamp(stamp_of())
    desk.drag("stamp", (40, 60))
    return desk


def test_a_corner_scales_about_the_middle(pending):
    corners, knob = pending.tools["tool.stamp"].handles()[:4], (36 - KNOB, 60)
    assert corners == ((36, 50), (36, 70), (44, 70), (44, 50))
    assert pending.tools["tool.stamp"].handles()[4] == knob
    pending.drag("stamp", (44, 70), (48, 80))
    assert extent(pending.labels) == (16, 40)
    assert pending.tools["tool.stamp"].handles()[2] == pytest.approx((48, 80))


def test_the_knob_turns_and_shift_keeps_to_steps(pending):
    tool = pending.tools["tool.stamp"]
    pending.drag("stamp", (36 - KNOB, 60), (40, 20))
    np.testing.assert_array_equal(pending.labels[30:50, 56:64] == 1, np.rot90(stamp_of()))
    assert tool.handles()[4] == pytest.approx((40, 56 - KNOB))
    tool.start(Pointer(40, 56 - KNOB))
    tool.move(Pointer(10, 59, straight=True))
    assert tool.handles()[4] == pytest.approx((36 - KNOB, 60))


def test_handles_keep_their_distance_on_screen_at_every_zoom(pending):
    tool = pending.tools["tool.stamp"]
    tool.hover(Pointer(40, 60, zoom=4))
    assert tool.handles()[4] == (36 - KNOB / 4, 60)
    tool.start(Pointer(36, 57, zoom=4))
    tool.move(Pointer(46, 57, zoom=4))
    assert extent(pending.labels) == (8, 20), "far from a corner it is moved"
    assert tool.handles()[0] == (46, 50)


def test_lines_show_the_shape_as_it_is_cut(pending):
    tool = pending.tools["tool.stamp"]
    assert len(tool.lines()) == 2, "at rest the preview shows it"
    tool.start(Pointer(40, 60))
    frame, stem, rim = tool.lines()
    assert frame[0] == frame[-1] == (36, 50) and stem[0] == (36, 60)
    rows, columns = np.transpose(rim)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (36.5, 43.5, 50.5, 69.5)
    assert [40.5, 50.5] in rim and [36.5, 60.5] in rim


def test_arrow_keys_move_by_a_pixel(pending):
    tool = pending.tools["tool.stamp"]
    for key in ("Up", "Left", "Left", "Down", "Down", "Right"):
        tool.press(key)
    np.testing.assert_array_equal(pending.labels[37:45, 49:69] == 1, stamp_of())


def test_another_shape_takes_the_place_of_the_pending_one(pending):
    studio = pending.studio
    assert not studio.take_shape([])
    shapes = [studio.tools.stamp, np.ones((6, 10), bool)]
    assert studio.take_shape(shapes) and studio.tools.stamp is shapes[1]
    np.testing.assert_array_equal(pending.labels[37:43, 55:65], 1)
    assert pending.labels.sum() == 60 and studio.live
    pending.tools["tool.stamp"].press("Enter")
    assert not studio.live and studio.take_shape(shapes)
    assert pending.labels.sum() == 60, "what is kept stays"
