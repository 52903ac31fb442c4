"""Lasso, polygon and fill."""

import numpy as np
import pytest

from defectstudio.app.tools.tool import Pointer, Refusal

SQUARE = ((20, 30), (20, 70), (60, 70), (60, 30))


def test_a_lasso_fills_what_it_goes_around(desk):
    tool = desk.drag("lasso", *SQUARE)
    expected = np.zeros((90, 120), np.uint8)
    expected[20:60, 30:70] = 1
    np.testing.assert_array_equal(desk.labels, expected)
    assert tool.lines() == () and desk.studio.history.undo_text == "Lasso"


def test_a_lasso_shows_its_line_and_is_cancelled(desk):
    tool = desk.tools["tool.lasso"]
    tool.start(Pointer(20, 30))
    tool.move(Pointer(20.1, 30))
    tool.move(Pointer(20, 70))
    assert tool.lines() == [[(20, 30), (20, 70), (20, 30)]]
    tool.cancel()
    tool.end()
    assert tool.lines() == () and not desk.labels.any()


def click(tool, *places, zoom=1.0):
    for place in places:
        tool.start(Pointer(*place, zoom=zoom))
        tool.end()


@pytest.mark.parametrize("closing", ["enter", "double", "first"])
def test_a_polygon_is_clicked_and_closed(desk, closing):
    tool = desk.tools["tool.polygon"]
    click(tool, *SQUARE)
    tool.hover(Pointer(50, 20))
    assert tool.pending and tool.lines()[0][-1] == (50, 20) and not desk.labels.any()
    if closing == "enter":
        tool.press("Enter")
    elif closing == "double":
        tool.double()
    else:
        tool.hover(Pointer(21, 31))
        assert tool.lines()[0][-1] == SQUARE[0], "it snaps to the first point"
        click(tool, (21, 31))
    assert not tool.pending and tool.lines() == ()
    assert desk.labels.sum() == 40 * 40 and desk.studio.history.undo_text == "Polygon"


def test_points_are_dragged_taken_back_and_dropped(desk):
    tool = desk.tools["tool.polygon"]
    tool.move(Pointer(1, 1))
    tool.hover(Pointer(1, 1))
    click(tool, *SQUARE, (80, 80))
    tool.press("Backspace")
    tool.press("Ctrl+Z")
    tool.start(Pointer(60, 40))
    tool.move(Pointer(60, 30))
    tool.end()
    tool.press("Enter")
    assert desk.labels.sum() == 40 * 40
    click(tool, *SQUARE)
    tool.cancel()
    assert not tool.pending
    click(tool, (1, 1), (1, 5))
    tool.press("Enter")
    assert len(desk.studio.history) == 1, "two points are no area"


def test_nothing_is_filled_without_a_document(desk):
    desk.studio.show(None)
    for name in ("lasso", "fill", "wand", "grabcut", "stamp", "brush", "line", "shape"):
        desk.drag(name, *SQUARE)
    assert len(desk.studio.history) == 0


def ring(value=2):
    labels = np.zeros((90, 120), np.uint8)
    labels[20:50, 30:70] = value
    labels[22:48, 32:68] = 0
    return labels


def test_fill_takes_the_enclosed_background(desk_on, disc):
    desk = desk_on(disc[1], ring())
    desk.drag("fill", (30, 40))
    expected = ring()
    expected[22:48, 32:68] = 1
    np.testing.assert_array_equal(desk.labels, expected)


def test_fill_gives_a_painted_part_the_class(desk_on, disc):
    labels = ring()
    labels[80:, 100:] = 2
    desk = desk_on(disc[1], labels)
    desk.drag("fill", (20, 40))
    expected = ring(1)
    expected[80:, 100:] = 2
    np.testing.assert_array_equal(desk.labels, expected)
    desk.studio.swap()
    desk.drag("fill", (20, 40))
    assert set(np.unique(desk.labels)) == {0, 2}


def test_fill_keeps_off_open_ground_and_locked_parts(desk_on, disc):
    desk = desk_on(disc[1], ring())
    desk.drag("fill", (5, 5))
    desk.studio.lock_class(2, True)
    desk.drag("fill", (20, 40))
    desk.drag("fill", (-5, 40))
    assert desk.refused == [Refusal.NOT_ENCLOSED, Refusal.LOCKED]
    np.testing.assert_array_equal(desk.labels, ring())


def test_fill_says_so_when_the_background_is_larger_than_it_looks(desk_on):
    labels = np.zeros((40, 5000), np.uint8)
    labels[:, 2400] = 2
    desk = desk_on(np.zeros((40, 5000), np.uint8), labels)
    desk.drag("fill", (20, 2300))
    assert desk.refused == [Refusal.NOT_ENCLOSED]
    labels[:, 1500] = 2
    desk.show(np.zeros((40, 5000), np.uint8), labels)
    desk.drag("fill", (20, 2300))
    assert (desk.labels[:, 1501:2400] == 1).all() and (desk.labels == 1).sum() == 40 * 899
