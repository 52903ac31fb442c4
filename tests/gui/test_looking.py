"""Tones on screen and the size of a pixel: the display changes, the pixels do not."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog

from defectstudio.app.display import Histogram, Window, window_of
from defectstudio.domain.errors import ProjectError
from defectstudio.gui.canvas.window_panel import WindowPanel
from defectstudio.gui.dialogs.calibrate import CalibrateDialog


@pytest.fixture
def panel(qtbot):
    made = WindowPanel(None)
    qtbot.addWidget(made)
    made.show_window(Histogram(0, 4095, tuple(range(256))), Window(100, 3000))
    made.resize(made.sizeHint())
    made.show()
    return made


def test_handles_are_dragged_and_do_not_cross(panel, qtbot):
    chosen = []
    panel.chosen.connect(chosen.append)
    curve = panel.curve
    high = QPoint(round(curve._x(3000)), 20)
    qtbot.mousePress(curve, Qt.MouseButton.LeftButton, pos=high)
    qtbot.mouseMove(curve, QPoint(round(curve._x(2000)), 20))
    assert abs(chosen[-1].high - 2000) < 40 and chosen[-1].low == 100
    qtbot.mouseMove(curve, QPoint(-50, 20))
    assert chosen[-1] == Window(100, 101)
    assert (panel.low.value(), panel.high.value()) == (100, 101)
    qtbot.mouseRelease(curve, Qt.MouseButton.LeftButton)


def test_keys_and_numbers_move_the_limits(panel, qtbot):
    chosen = []
    panel.chosen.connect(chosen.append)
    qtbot.keyClick(panel.curve, Qt.Key.Key_Right)
    qtbot.keyClick(panel.curve, Qt.Key.Key_Up)
    qtbot.keyClick(panel.curve, Qt.Key.Key_Left)
    qtbot.keyClick(panel.curve, Qt.Key.Key_A)
    assert chosen == [Window(140, 3000), Window(140, 2960)]
    panel.low.setValue(3500)
    assert chosen[-1] == Window(3500, 3501)
    assert not panel.grab().toImage().isNull()


def test_another_window_changes_the_screen_and_stays_with_the_item(opened, person, qtbot):
    document = opened.session.studio.document
    native, before = document.native.copy(), person.seen()
    opened.actions_["view.window"].trigger()
    assert opened.looking.panel.isVisible()
    opened.looking.panel.low.setValue(100)
    opened.looking.panel.high.setValue(150)
    qtbot.waitUntil(lambda: document.window == Window(100, 150))
    assert (person.seen() != before).any()
    np.testing.assert_array_equal(document.native, native)
    first = document.record.id
    opened.images.step(1)
    qtbot.waitUntil(lambda: opened.session.studio.document.record.id != first)
    assert opened.session.studio.document.window == Window(100, 150)
    assert opened.looking.panel.low.value() == 100
    opened.looking.panel.reset.emit()
    opened.images.step(-1)
    qtbot.waitUntil(lambda: opened.session.studio.document.record.id == first)
    qtbot.waitUntil(lambda: opened.session.studio.document.window == window_of(native))
    qtbot.waitUntil(lambda: bool((person.seen() == before).all()))
    opened.actions_["view.window"].trigger()
    assert not opened.looking.panel.isVisible()


def test_a_calibrated_item_is_told_in_millimetres(opened, qtbot):
    bar, window = opened.painting.canvas.corners.scale_bar, opened
    assert bar.text.endswith("px")
    window.actions_["item.calibrate"].trigger()
    dialog = next(each for each in window.findChildren(QDialog) if each.isVisible())
    dialog.pixels.setValue(250)
    dialog.length.setValue(5)
    dialog.accept()
    qtbot.waitUntil(lambda: bar.text.endswith("mm"))
    assert window.session.project.items()[0].pixel_size_mm == pytest.approx(0.02)
    window.status.show_pointer(window.session.studio.document, 50, 10)
    told = window.status._place
    qtbot.waitUntil(lambda: told.text() == "x 10  y 50  (0.2 mm, 1 mm)")


def test_an_item_is_calibrated_outright_or_not_at_all(opened, qtbot):
    item = opened.session.item
    dialog = CalibrateDialog(item)
    qtbot.addWidget(dialog)
    assert dialog.pixel_size_mm is None
    dialog.size.setValue(0.5)
    dialog.length.setValue(3)
    assert dialog.pixel_size_mm == 0.5


def test_a_failed_calibration_is_told(opened, monkeypatch, qtbot):
    opened.actions_["item.calibrate"].trigger()
    dialog = next(each for each in opened.findChildren(QDialog) if each.isVisible())
    dialog.size.setValue(1)

    def broken(*_):
        raise ProjectError("the disk is full", remedy="Make room.")

    monkeypatch.setattr(opened.session.project, "calibrate", broken)
    dialog.accept()
    assert "the disk is full" in opened.messages.text.text().lower()
