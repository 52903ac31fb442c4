"""The tools at the window: keys, wheel, pen, options, locks."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QPointingDevice, QTabletEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem, QToolTip

from defectstudio.app.tools.areas import PolygonTool
from defectstudio.app.tools.stamp import StampTool
from defectstudio.gui.canvas.item import Overlay
from defectstudio.gui.previews import State

CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def labels_of(window):
    return window.session.studio.document.plane.labels


def click(qtbot, window, person, *places):
    for place in places:
        port = window.painting.canvas.viewport()
        qtbot.mouseMove(port, person.place(*place))
        qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=person.place(*place))


def wheel(window, person, place, turn, keys):
    port = window.painting.canvas.viewport()
    spot = QPointF(person.place(*place))
    # As Qt does with Alt held: the wheel is reported as turned sideways.
    delta = QPoint(turn, 0) if keys & ALT else QPoint(0, turn)
    event = QWheelEvent(
        spot, port.mapToGlobal(spot), QPoint(), delta, Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(port, event)


def test_a_polygon_is_clicked_and_enter_closes_it_instead_of_accepting(opened, person, qtbot):
    person.key(Qt.Key.Key_P)
    click(qtbot, opened, person, (20, 20), (20, 60), (60, 60), (60, 90))
    trace = opened.painting.canvas.trace
    assert trace.isVisible() and not labels_of(opened).any()
    person.key(Qt.Key.Key_Backspace)
    person.key(Qt.Key.Key_Return)
    labels = labels_of(opened)
    assert labels[30, 50] == 1 and not labels[58, 70]
    assert not trace.isVisible() and opened.session.studio.history.undo_text == "Polygon"
    assert opened.messages.isHidden(), "nothing was accepted or refused"


def test_a_double_click_closes_and_escape_drops_the_points(opened, person, qtbot):
    person.key(Qt.Key.Key_P)
    click(qtbot, opened, person, (20, 20), (20, 60), (60, 60))
    person.key(Qt.Key.Key_Escape)
    assert not opened.painting.canvas.trace.isVisible()
    click(qtbot, opened, person, (20, 20), (20, 60), (60, 60))
    port = opened.painting.canvas.viewport()
    qtbot.mouseDClick(port, Qt.MouseButton.RightButton, pos=person.place(60, 60))
    assert not labels_of(opened)[30, 50], "the left button only"
    qtbot.mouseDClick(port, Qt.MouseButton.LeftButton, pos=person.place(60, 60))
    assert labels_of(opened)[30, 50] == 1


def test_points_are_dropped_with_another_tool_or_image(opened, person, qtbot):
    session = opened.session
    for leave in (Qt.Key.Key_B, Qt.Key.Key_D):
        person.key(Qt.Key.Key_P)
        polygon = opened.painting.canvas._tool
        assert isinstance(polygon, PolygonTool)
        click(qtbot, opened, person, (20, 20), (20, 60), (60, 60))
        person.key(leave)
        qtbot.waitUntil(lambda tool=polygon: not tool.pending)
    assert len(session.studio.history) == 0


def test_a_stamp_is_scaled_and_turned_by_the_wheel_and_kept_by_another_tool(opened, person, qtbot):
    studio, canvas = opened.session.studio, opened.painting.canvas
    person.key(Qt.Key.Key_S)
    click(qtbot, opened, person, (40, 60))
    assert "Shift+click" in opened.messages.text.text()
    studio.tools.choose_stamp(np.ones((4, 20), bool))
    click(qtbot, opened, person, (40, 60))
    zoom = canvas.zoom
    wheel(opened, person, (40, 60), 18 * 120, ALT)
    rows, columns = np.nonzero(labels_of(opened))
    assert (np.ptp(rows), np.ptp(columns)) == (19, 3)
    wheel(opened, person, (40, 60), 360, CONTROL)
    assert np.ptp(np.nonzero(labels_of(opened))[0]) > 24 and canvas.zoom == zoom
    wheel(opened, person, (40, 60), 120, Qt.KeyboardModifier.NoModifier)
    assert canvas.zoom > zoom, "without a key the wheel zooms"
    assert studio.stroking and opened.session.documents._timer.isActive() is False
    person.key(Qt.Key.Key_B)
    assert not studio.stroking and studio.history.undo_text == "Stamp"


def test_a_pending_stamp_is_not_saved_half(opened, person, qtbot):
    session = opened.session
    session.studio.tools.choose_stamp(np.ones((4, 20), bool))
    person.paint((10, 10), (10, 30))
    person.key(Qt.Key.Key_S)
    click(qtbot, opened, person, (40, 60))
    session.documents._save_when_still()
    assert session.documents._timer.isActive() and session.studio.document.dirty
    assert isinstance(opened.painting.canvas._tool, StampTool)
    person.key(Qt.Key.Key_Escape)
    session.documents._save_when_still()
    qtbot.waitUntil(lambda: not session.studio.document.dirty, timeout=9000)


def test_a_stamp_is_a_generated_content_from_the_first_click(opened, person, qtbot):
    session, canvas = opened.session, opened.painting.canvas
    previews = session.previews
    person.key(Qt.Key.Key_2)
    person.key(Qt.Key.Key_S)
    qtbot.waitUntil(lambda: session.studio.tools.stamp is not None, timeout=9000)
    assert session.studio.tools.stamp.shape == (10, 20), "the real shape of the class"
    click(qtbot, opened, person, (40, 60))
    qtbot.waitUntil(lambda: previews.state is State.SHOWN, timeout=9000)
    assert session.studio.live and canvas.item.overlay is Overlay.OUTLINE
    corner = canvas.trace._handles[2]
    assert (corner.y(), corner.x()) == pytest.approx((45, 70), abs=1)
    port, spot = canvas.viewport(), canvas.mapFromScene(corner)
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.mouseMove(port, person.place(50, 80))
    assert canvas.item.overlay is Overlay.OUTLINE, "no fill over what follows the hand"
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=person.place(50, 80))
    asked = previews._source.asked
    qtbot.waitUntil(lambda: asked[-1].defects[0].mask.width > 30, timeout=9000)
    seed = asked[-1].defects[0].seed
    person.key(Qt.Key.Key_R)
    qtbot.waitUntil(lambda: asked[-1].defects[0].seed != seed, timeout=9000)
    person.key(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: previews.state is State.NOTHING, timeout=9000)
    assert not labels_of(opened).any() and len(session.studio.history) == 0


def test_accepting_keeps_the_pending_stamp_first(opened, person, qtbot):
    session = opened.session
    session.studio.tools.choose_stamp(np.ones((4, 20), bool))
    person.key(Qt.Key.Key_S)
    click(qtbot, opened, person, (40, 60))
    session.previews.accept()
    assert not session.studio.stroking and session.studio.history.undo_text == "Accept sample"


def test_a_class_without_a_real_shape_says_so(opened, qtbot):
    opened.actions_["stamp.shape"].trigger()
    qtbot.waitUntil(lambda: "No real defect" in opened.messages.text.text(), timeout=9000)


def test_a_stroke_taken_back_shows_the_preview_again(opened, person, qtbot):
    canvas, previews = opened.painting.canvas, opened.session.previews
    person.paint((40, 30), (44, 60))
    qtbot.waitUntil(lambda: previews.state is State.SHOWN, timeout=9000)
    port = canvas.viewport()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=person.place(10, 10))
    qtbot.mouseMove(port, person.place(20, 20))
    assert canvas.item.overlay is Overlay.FILL
    person.key(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: previews.state is State.SHOWN, timeout=9000)
    assert canvas.item.overlay is Overlay.OUTLINE


def test_an_accepted_defect_is_the_next_stamp(opened, person, qtbot):
    person.paint((40, 30), (44, 60))
    painted = labels_of(opened) == 1
    person.key(Qt.Key.Key_Return)
    rows, columns = np.nonzero(painted)
    expected = painted[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    np.testing.assert_array_equal(opened.session.studio.tools.stamp, expected)
    person.key(Qt.Key.Key_C, CONTROL)
    assert "stamp" in opened.messages.text.text()
    opened.actions_["edit.clear"].trigger()
    person.key(Qt.Key.Key_C, CONTROL)
    assert "Nothing" in opened.messages.text.text()


def test_r_rolls_a_shape_while_it_is_dragged_and_the_style_at_other_times(opened, person, qtbot):
    studio, port = opened.session.studio, opened.painting.canvas.viewport()
    seed = studio.styles.seed(1)
    person.key(Qt.Key.Key_H)
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=person.place(20, 20))
    qtbot.mouseMove(port, person.place(70, 100))
    first = labels_of(opened).copy()
    person.key(Qt.Key.Key_R)
    assert (labels_of(opened) != first).any() and studio.styles.seed(1) == seed
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=person.place(70, 100))
    person.key(Qt.Key.Key_R)
    assert studio.styles.seed(1) != seed


def test_grabcut_waits_for_no_image_to_be_read(opened, person, qtbot):
    person.key(Qt.Key.Key_C)
    levels = opened.session.studio.document.levels
    levels[0] = levels[0].copy()
    levels[0][40:60, 50:90] = 250
    reading = threading.Event()
    opened.session.files.executor.submit(reading.wait, 60)
    port = opened.painting.canvas.viewport()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=person.place(30, 40))
    qtbot.mouseMove(port, person.place(70, 100))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=person.place(70, 100))
    assert opened.painting.canvas.trace.isVisible(), "the rectangle stays while it works"
    qtbot.waitUntil(lambda: labels_of(opened).any(), timeout=20000)
    reading.set()
    assert (labels_of(opened)[42:58, 52:88] == 1).all() and not labels_of(opened)[32:38].any()
    assert not opened.painting.canvas.trace.isVisible()


def test_a_pen_press_scales_the_brush(opened, person):
    canvas, studio = opened.painting.canvas, opened.session.studio
    studio.tools.resize(20)
    place = QPointF(person.place(40, 60))
    for kind, pressure in ((QEvent.Type.TabletPress, 0.3), (QEvent.Type.TabletRelease, 0.0)):
        event = QTabletEvent(
            kind, QPointingDevice.primaryPointingDevice(), place, canvas.mapToGlobal(place),
            pressure, 0, 0, 0, 0, 0, Qt.KeyboardModifier.NoModifier,
            Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton,
        )  # fmt: skip
        QApplication.sendEvent(canvas.viewport(), event)
        if kind == QEvent.Type.TabletPress:
            person.paint((40, 60))
            assert np.ptp(np.nonzero(labels_of(opened))[0]) + 1 == 6
    person.paint((40, 60))
    assert np.ptp(np.nonzero(labels_of(opened))[0]) + 1 == 20


@pytest.mark.parametrize(
    ("tool", "shown"),
    [
        ("brush", {"size", "hardness"}),
        ("shape", {"shape", "size"}),
        ("wand", {"tolerance"}),
        ("stamp", {"real", "copy"}),
        ("pick", set()),
    ],
)
def test_only_the_options_of_the_tool_are_shown(opened, tool, shown):
    options = opened.painting.options
    opened.actions_[f"tool.{tool}"].trigger()
    assert {name for name, group in options._groups.items() if group.isVisible()} == shown
    assert options._hint.text()


def test_options_change_what_the_tools_go_by_and_show_it(opened, person):
    tools, options = opened.session.studio.tools, opened.painting.options
    options.hardness.setValue(30)
    options.tolerance.setValue(25)
    options.size.setValue(100)
    options.shape.setCurrentIndex(options.shape.findData("stain"))
    options.shape.activated.emit(options.shape.currentIndex())
    assert (tools.hardness, tools.tolerance, tools.size, tools.shape) == (
        30, 25, 2000, "stain",
    )  # fmt: skip
    person.key(Qt.Key.Key_BracketRight, SHIFT)
    assert tools.hardness == 40 and options._texts["hardness"].text() == "40 %"
    person.key(Qt.Key.Key_BracketLeft, SHIFT)
    person.key(Qt.Key.Key_BracketLeft, SHIFT)
    assert options.hardness.value() == 20


def test_x_paints_background_and_says_so(opened, person):
    options = opened.painting.options
    person.paint((40, 30), (44, 60))
    assert options._class_name.text() == "scratch"
    person.key(Qt.Key.Key_X)
    assert options._class_name.text() == "Background"
    person.paint((40, 30), (44, 60))
    assert not labels_of(opened).any()
    person.key(Qt.Key.Key_2)
    assert options._class_name.text() == "hole"


def lock_of(section, row):
    """The lock of a row in the list's viewport."""
    index = section.list.model().index(row, 0)
    option = QStyleOptionViewItem()
    option.initFrom(section.list)
    option.rect = section.list.visualRect(index)
    return section.list.itemDelegate().lock_place(option).center()


def test_a_class_is_locked_by_key_and_by_click(opened, person, qtbot):
    studio = opened.session.studio
    section = opened.side.currentWidget().classes
    person.paint((40, 30), (40, 60))
    person.key(Qt.Key.Key_K)
    person.key(Qt.Key.Key_2)
    person.paint((40, 30), (40, 90))
    assert labels_of(opened)[40, 40] == 1 and labels_of(opened)[40, 80] == 2
    opened.actions_["edit.clear"].trigger()
    assert set(np.unique(labels_of(opened))) == {0, 1}
    port = section.list.viewport()
    assert studio.locked == {1}
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=lock_of(section, 0))
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=lock_of(section, 1))
    assert studio.locked == {2}
    spoken = [section.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in (0, 1)]
    assert spoken == ["scratch", "hole, locked"]
    for row, word in ((0, "Lock this"), (1, "Locked")):
        place = lock_of(section, row)
        spot = QHelpEvent(QEvent.Type.ToolTip, place, port.mapToGlobal(place))
        QApplication.sendEvent(port, spot)
        assert QToolTip.text().startswith(word)
    QToolTip.hideText()


def test_the_undo_stacks_memory_is_shown(opened, person, qtbot):
    shown = opened.status._undo
    qtbot.waitUntil(lambda: "0.0 / 256 MB" in shown.text())
    person.paint((40, 30), (44, 60))
    qtbot.waitUntil(lambda: shown.toolTip().startswith("1 step(s)"))


def test_locks_are_those_of_the_item_in_every_session(opened, project_root, qtbot):
    session = opened.session
    other = session.project.add_item("other")
    session.project.add_class(other.id, "chip")
    session.studio.lock_class(1, True)
    session.choose_item(other.id)
    assert session.studio.locked == frozenset(), "class 1 is another one there"
    session.choose_item(1)
    qtbot.waitUntil(lambda: session.studio.locked == {1}, timeout=9000)
    opened.close_project()
    opened.commands.open_path(project_root)
    qtbot.waitUntil(lambda: opened.session is not None, timeout=20000)
    qtbot.waitUntil(lambda: opened.session.studio.locked == {1}, timeout=9000)
