"""Wand and GrabCut, on a bright disc."""

import numpy as np

from defectstudio.app.tools.pixels import WAND_REACH
from defectstudio.app.tools.tool import Pointer, Refusal


def test_the_wand_takes_what_is_alike_and_connected(desk, disc):
    tool = desk.drag("wand", (40, 60))
    np.testing.assert_array_equal(desk.labels == 1, disc[0])
    assert tool.lines() == () and desk.studio.history.undo_text == "Wand"


def test_a_drag_changes_the_tolerance_live(desk, disc):
    tool, studio = desk.tools["tool.wand"], desk.studio
    tool.start(Pointer(40, 60, zoom=2))
    sizes = [desk.labels.sum()]
    for column in (-1000, 560, 60):
        tool.move(Pointer(40, column, zoom=2))
        sizes.append(desk.labels.sum())
    assert sizes[1] < sizes[0] == sizes[3] and sizes[2] == disc[0].size
    tool.move(Pointer(40, 110, zoom=2))
    tool.end()
    assert studio.tools.tolerance == 20 and len(studio.history) == 1
    studio.history.undo()
    assert not desk.labels.any()


def test_a_cancelled_wand_leaves_nothing(desk):
    tool = desk.tools["tool.wand"]
    tool.start(Pointer(40, 60))
    assert desk.labels.any()
    tool.cancel()
    tool.move(Pointer(40, 90))
    tool.start(Pointer(-3, 60))
    tool.end()
    assert not desk.labels.any() and len(desk.studio.history) == 0


def test_the_wand_looks_no_farther_than_its_reach_and_shows_it(desk_on):
    native = np.full((30, 4 * WAND_REACH), 9000, np.uint16)
    native[:, WAND_REACH : WAND_REACH + 5] = 9300
    desk = desk_on(np.dstack([native] * 3))
    tool = desk.tools["tool.wand"]
    desk.studio.tools.tolerate(100)
    tool.start(Pointer(10, 2 * WAND_REACH + 0.5))
    assert tool.lines()[0][0] == (0, WAND_REACH)
    tool.end()
    columns = np.flatnonzero(desk.labels.any(axis=0))
    assert columns[0] == WAND_REACH + 5, "what differs ends it first"
    assert columns[-1] == 3 * WAND_REACH


def test_grabcut_finds_the_object_in_a_rectangle_without_anybody_waiting(desk, disc):
    tool = desk.tools["tool.grabcut"]
    tool.start(Pointer(20, 40))
    tool.move(Pointer(62, 84))
    assert tool.lines()[0][0] == (20, 40)
    tool.end()
    assert tool.pending and not desk.labels.any()
    desk.later.catch_up()
    assert not tool.pending and tool.lines() == ()
    found = desk.labels == 1
    assert (found & disc[0]).sum() / (found | disc[0]).sum() > 0.95
    assert desk.studio.history.undo_text == "Cut out"


def test_a_late_or_empty_answer_changes_nothing(desk, disc):
    tool, corners = desk.tools["tool.grabcut"], ((20, 40), (62, 84))
    desk.drag("grabcut", *corners)
    tool.cancel()
    desk.later.catch_up()
    desk.drag("grabcut", *corners)
    desk.show(disc[1], image_id=2)
    desk.later.catch_up()
    tool.cancel()
    assert not desk.labels.any() and desk.refused == []
    desk.drag("grabcut", (10, 10), (11, 90))
    assert not tool.pending, "too small to be a rectangle"
    desk.studio.document.levels[0] = np.zeros((0, 0), np.uint8)
    desk.drag("grabcut", *corners)
    desk.later.catch_up()
    assert desk.refused == [Refusal.NOTHING_FOUND] and not desk.labels.any()
