"""Procedural shapes."""

import numpy as np
import pytest
from scipy import ndimage

from defectstudio.app.tools.shapes import SHAPES
from defectstudio.app.tools.tool import Pointer


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
