"""Where keys without Ctrl or Alt do something."""

import pytest
from PySide6.QtCore import Qt

from defectstudio.gui import peeking
from defectstudio.gui.action_book import is_bare
from defectstudio.gui.panels.preview_grid import PreviewGrid


@pytest.mark.parametrize("key", ["B", "[", "{", "Return", "PgUp", "+"])
def test_keys_that_write_move_or_confirm_are_bare(key):
    assert is_bare(key)


@pytest.mark.parametrize("key", ["Ctrl+B", "Ctrl++", "Shift+R", "F5", "F12", "?"])
def test_chords_function_keys_and_help_are_not(key):
    assert not is_bare(key)


def test_letters_typed_beside_the_canvas_do_nothing_to_it(opened, person, qtbot):
    images, pages = opened.images, opened.pages
    place, samples = images.place, len(opened.session.project.samples())
    opened.show_page(opened.batch)
    for key in (Qt.Key.Key_D, Qt.Key.Key_E, Qt.Key.Key_2, Qt.Key.Key_Return):
        qtbot.keyClick(opened.batch, key)
    assert images.place == place and opened.session.studio.class_id == 1
    assert opened.actions_["tool.brush"].isChecked()
    assert len(opened.session.project.samples()) == samples
    pages.setCurrentWidget(opened.painting)
    person.key(Qt.Key.Key_D)
    person.key(Qt.Key.Key_2)
    assert images.place != place and opened.session.studio.class_id == 2


def test_tab_goes_on_from_the_plan_of_a_batch(opened, qtbot):
    opened.activateWindow()
    opened.show_page(opened.batch)
    table = opened.batch.plan.table
    qtbot.waitUntil(lambda: table.rowCount() > 0 and opened.isActiveWindow())
    table.cellWidget(0, 0).setFocus()
    for _ in range(3 * table.rowCount()):
        qtbot.keyClick(opened.focusWidget(), Qt.Key.Key_Tab)
    assert not table.isAncestorOf(opened.focusWidget()) and opened.focusWidget() is not table


def test_tab_goes_on_from_the_grid_of_transfers(qtbot):
    grid = PreviewGrid()
    qtbot.addWidget(grid)
    assert not grid.tabKeyNavigation()


def test_tab_hides_the_overlays_and_a_held_tab_shows_them_again(opened, person, qtbot, monkeypatch):
    now, action = [0.0], opened.actions_["view.overlays"]
    monkeypatch.setattr(peeking, "monotonic", lambda: now[0])
    canvas = opened.painting.canvas
    person.key(Qt.Key.Key_Escape)  # The canvas has the focus now.
    for held, shown in ((0.1, False), (0.1, True), (2.0, True)):
        qtbot.keyPress(canvas, Qt.Key.Key_Tab)
        now[0] += held
        qtbot.keyRelease(canvas, Qt.Key.Key_Tab)
        assert action.isChecked() == shown, held


def test_ctrl_enter_accepts_what_is_on_screen(opened, person, qtbot):
    person.paint((40, 30), (44, 60))
    person.shown()
    person.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(opened.session.project.samples()) == 1)


def test_the_list_of_jobs_is_hidden_and_stays_so(opened, project_root, qtbot):
    action, dock = opened.actions_["view.jobs"], opened.docks[2]
    assert action.isChecked() and dock.isVisible()
    action.trigger()
    assert not dock.isVisible()
    assert opened.close_project()
    opened.open_path(project_root)
    qtbot.waitUntil(lambda: opened.session is not None)
    assert not dock.isVisible() and opened.images.isVisible()
    opened.close()
    assert not opened.jobs_were_shown()
    opened.actions_["view.reset"].trigger()
    assert action.isChecked()
