"""Brush, eraser, line and pick."""

import numpy as np
import pytest

from defectstudio.app.tools.tool import Pointer


def test_a_brush_paints_and_the_eraser_erases(desk):
    desk.studio.tools.resize(7)
    desk.drag("brush", (40, 20), (40, 100))
    assert (desk.labels[37:43, 20:100] == 1).all()
    desk.drag("eraser", (40, 60), (40, 110))
    assert not desk.labels[40, 57:].any() and desk.labels[40, 30] == 1


def test_x_makes_the_brush_paint_background_until_a_class_is_chosen(desk):
    desk.drag("brush", (40, 20), (40, 100))
    desk.studio.swap()
    desk.drag("brush", (40, 20), (40, 100))
    assert not desk.labels.any()
    desk.studio.choose_class(2)
    desk.drag("brush", (40, 20))
    assert desk.labels.max() == 2


def test_pressure_scales_the_brush(desk):
    desk.studio.tools.resize(40)
    desk.drag("brush", (45, 60), pressure=0.25)
    rows = np.flatnonzero(desk.labels.any(axis=1))
    assert rows[-1] - rows[0] + 1 == 10
    desk.drag("brush", (10, 10), pressure=0.0)
    assert (desk.labels[:30, :30] == 1).sum() == 1, "a pixel at the least"


def test_shift_joins_to_the_last_point_of_this_image(desk, disc):
    desk.studio.tools.resize(2)
    desk.drag("brush", (40, 20))
    desk.drag("brush", (40, 100), straight=True)
    assert desk.labels[40, 20:100].all()
    desk.show(disc[1], image_id=2)
    desk.drag("brush", (70, 100), straight=True)
    assert 0 < desk.labels.sum() < 9


def test_a_brush_that_never_started_moves_nothing(desk):
    desk.tools["tool.brush"].move(Pointer(4, 4))
    assert not desk.labels.any()


def test_a_line_is_shown_first_and_painted_at_the_end(desk):
    tool, studio = desk.tools["tool.line"], desk.studio
    studio.tools.resize(4)
    tool.start(Pointer(40, 20))
    assert tool.lines() == ()
    tool.move(Pointer(40, 100))
    assert not desk.labels.any()
    np.testing.assert_allclose(tool.lines(), [[(42, 20), (42, 100)], [(38, 20), (38, 100)]])
    tool.end()
    assert desk.labels[38:42, 20:100].all() and not desk.labels[:38].any()
    assert tool.lines() == () and studio.history.undo_text == "Line"
    tool.start(Pointer(10, 10))
    tool.cancel()
    tool.move(Pointer(20, 20))
    tool.end()
    assert not desk.labels[:30].any()


@pytest.mark.parametrize(("aim", "end"), [((44, 100), (40, 100)), ((85, 60), (80, 60))])
def test_shift_keeps_a_line_to_steps_of_fifteen_degrees(desk, aim, end):
    desk.studio.tools.resize(2)
    desk.drag("line", (40, 20), aim, straight=True)
    painted = np.argwhere(desk.labels)
    angle = np.degrees(np.arctan2(*(painted.max(axis=0) - painted.min(axis=0))))
    assert abs(angle - np.degrees(np.arctan2(end[0] - 40, end[1] - 20))) < 1.5


def test_pick_chooses_the_class_under_the_pointer(desk_on, disc):
    labels = np.zeros((90, 120), np.uint8)
    labels[10:20, 10:20] = 3
    desk = desk_on(disc[1], labels)
    desk.drag("pick", (80, 80))
    assert desk.studio.class_id == 1
    desk.drag("pick", (80, 80), (15, 15))
    assert desk.studio.class_id == 3 and len(desk.studio.history) == 0
    desk.tools["tool.pick"].cancel()
