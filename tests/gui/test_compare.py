"""The page that compares blends: it blends while seen, and its panes move together."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage

from defectstudio.domain.recipe import Defect, Recipe
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.compare.lens import Lens
from defectstudio.gui.compare.page import ComparePage, Mode
from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.masks import encode

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(qtbot):
    bridge = Bridge()
    made = ComparePage(bridge)
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close_threads()
    bridge.close()


def preview(document_of, tone=0.9, native=None):
    """What a preview hands over: one bright square."""
    if native is None:
        native = np.random.default_rng(4).integers(100, 130, (120, 160, 3)).astype(np.uint8)
    mask = np.ones((20, 20), bool)
    content = PlacedContent(1, np.full((20, 20, 3), tone, np.float32), mask, 50, 70, 3)
    recipe = Recipe("b", (Defect(1, 3, encode(mask), 50, 70, "g"),))
    return document_of(native), recipe, [content]


@pytest.fixture
def compared(page, document_of, qtbot):
    page.show_preview(*preview(document_of))
    qtbot.waitUntil(lambda: page.panes[0].shown == "Alpha", timeout=9000)
    return page


def pixels(pane):
    image = pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


def colour_at(pane, row, column):
    place = pane._lens.to_pane(QPointF(column + 0.5, row + 0.5), QSizeF(pane.size())).toPoint()
    return QColor(pane.grab().toImage().pixel(place * pane.devicePixelRatioF()))


def test_three_blends_stand_side_by_side_and_move_together(compared, qtbot):
    assert [pane.shown for pane in compared.panes] == ["Alpha", "Poisson", "Improved"]
    assert all(pane.isVisible() for pane in compared.panes)
    before = [pixels(pane) for pane in compared.panes]
    assert (before[0] != before[2]).any()
    pane = compared.panes[1]
    qtbot.mousePress(pane, LEFT, pos=QPoint(50, 100))
    qtbot.mouseMove(pane, QPoint(80, 110))
    qtbot.mouseRelease(pane, LEFT, pos=QPoint(80, 110))
    qtbot.keyClick(pane, Qt.Key.Key_Plus)
    after = [pixels(pane) for pane in compared.panes]
    assert all((one != other).any() for one, other in zip(before, after, strict=True))
    qtbot.keyClick(pane, Qt.Key.Key_0)
    compared.panes[0].setFocus()
    assert all(
        (one[4:-4, 4:-4] == pixels(pane)[4:-4, 4:-4]).all()
        for one, pane in zip(before, compared.panes, strict=True)
    )


def test_what_is_under_the_pointer_stays_there_when_zooming():
    lens, pane, at = Lens(), QSizeF(400, 300), QPointF(310, 40)
    lens.fit(QSizeF(100, 50), pane)
    assert lens.scale == 4 and lens.fitted
    kept = lens.to_image(at, pane)
    for steps in (3, -5, 40, -80):
        lens.zoom(steps, at, pane)
        assert (lens.to_image(at, pane) - kept).manhattanLength() < 1e-9
    assert not lens.fitted
    back = lens.to_pane(lens.to_image(at, pane), pane)
    assert (back - at).manhattanLength() < 1e-9


def test_a_large_picture_is_fitted_whole_and_again_when_the_pane_grows(compared, qtbot):
    lens = compared.lens
    lens.fit(QSizeF(4000, 1000), QSizeF(400, 400))
    assert lens.scale == 0.1
    compared.panes[0].fit()
    fitted = lens.scale
    compared.resize(1800, 900)
    qtbot.waitUntil(lambda: lens.scale > fitted)
    lens.pan(QPointF(5, 0))
    kept = lens.scale
    compared.resize(900, 400)
    assert lens.scale == kept, "a place that was chosen stays"


def test_the_divider_is_dragged_and_walks_by_keys(compared, qtbot):
    compared.choose(Mode.SWIPE)
    pane = compared.panes[0]
    assert [one.isVisible() for one in compared.panes] == [True, False, False]
    assert pane.divider == 0.5 and pane.accessibleName() == "Background, Improved"
    compared.second.setCurrentIndex(compared.second.findData("alpha"))
    middle = pane.width() // 2
    qtbot.mousePress(pane, LEFT, pos=QPoint(middle, 200))
    qtbot.mouseMove(pane, QPoint(middle // 2, 200))
    qtbot.mouseRelease(pane, LEFT, pos=QPoint(middle // 2, 200))
    assert pane.divider == pytest.approx(0.25, abs=0.01)
    assert compared.lens.fitted, "the picture did not move"
    size = compared._made.levels["alpha"].size
    row, column = size[1] // 2, size[0] // 2
    assert colour_at(pane, row, column).lightness() > 180, "the second picture is at the right"
    pane.divider = 1.0
    pane.update()
    assert colour_at(pane, row, column).lightness() < 140
    qtbot.keyClick(pane, Qt.Key.Key_Left)
    assert pane.divider == pytest.approx(0.98)
    qtbot.keyClick(pane, Qt.Key.Key_Right)
    qtbot.keyClick(pane, Qt.Key.Key_Right)
    assert pane.divider == 1.0
    qtbot.keyClick(pane, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert pane.divider == 1.0 and not compared.lens.fitted, "with Shift the picture moves"


def test_blinking_stops_when_nobody_sees_it(compared, qtbot):
    compared.choose(Mode.BLINK)
    assert compared.blinking and compared.panes[0].shown == "Background"
    compared._timer.timeout.emit()
    assert compared.panes[0].shown == "Improved"
    compared._timer.timeout.emit()
    assert compared.panes[0].shown == "Background"
    compared.hide()
    assert not compared.blinking
    compared.show()
    assert compared.blinking
    compared.by_itself.setChecked(False)
    assert not compared.blinking
    compared.by_itself.setChecked(True)
    compared.choose(Mode.SIDE)
    assert not compared.blinking


def test_a_held_key_shows_the_other_picture(compared, qtbot):
    compared.choose(Mode.BLINK)
    compared.by_itself.setChecked(False)
    pane = compared.panes[0]
    qtbot.keyPress(pane, Qt.Key.Key_Space)
    assert pane.shown == "Improved"
    qtbot.keyRelease(pane, Qt.Key.Key_Space)
    assert pane.shown == "Background" and not compared.blinking
    compared.by_itself.setChecked(True)
    qtbot.keyPress(pane, Qt.Key.Key_Space)
    assert pane.shown == "Improved" and not compared.blinking
    qtbot.keyRelease(pane, Qt.Key.Key_Space)
    assert compared.blinking


def test_the_difference_of_any_two_is_a_heat_map_with_its_scale(compared, qtbot):
    compared.choose(Mode.DIFFERENCE)
    pane = compared.panes[0]
    qtbot.waitUntil(lambda: pane.shown == "Background − Improved", timeout=9000)
    assert "% of the full range" in compared._note.text()
    size = compared._made.levels["alpha"].size
    middle, corner = colour_at(pane, size[1] // 2, size[0] // 2), colour_at(pane, 2, 2)
    assert middle.lightness() > corner.lightness() + 50
    assert corner.blue() > corner.red(), "cividis begins with blue"
    compared.second.setCurrentIndex(compared.second.findData("background"))
    qtbot.waitUntil(lambda: pane.shown == "Background − Background", timeout=9000)
    assert compared._note.text().startswith("Brightest: 0.0 %")
    compared.choose(Mode.SIDE)
    assert compared._note.text() == ""


def test_late_blends_are_dropped(page, document_of, qtbot):
    first, second = preview(document_of, 0.2), preview(document_of, 0.9)
    page.show_preview(*first)
    page.show_preview(*second)
    qtbot.waitUntil(lambda: page._made is not None, timeout=9000)
    assert page._of.contents is second[2]
    assert page._made.blends.pictures["alpha"].max() > 200


def test_nothing_is_blended_while_nobody_looks(page, document_of, qtbot):
    page.hide()
    page.show_preview(*preview(document_of))
    assert page._of is None
    page.show()
    qtbot.waitUntil(lambda: page._made is not None, timeout=9000)


def test_what_cannot_be_blended_is_said_in_the_page(page, document_of, qtbot):
    document, recipe, contents = preview(document_of)
    broken = PlacedContent(255, contents[0].pixels, contents[0].raw_mask, 50, 70, 3)
    page.show_preview(document, recipe, [broken])
    qtbot.waitUntil(lambda: "no class id" in page._hint.text(), timeout=9000)
    assert page._hint.isVisible()
    page.show_nothing()
    assert "Paint a defect" in page._hint.text()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_and_deep_images_are_compared(page, document_of, qtbot, dtype):
    native = np.random.default_rng(1).integers(90, 120, (90, 140)).astype(dtype)
    page.show_preview(
        *preview(document_of, native=native * (dtype(1) if dtype == np.uint8 else 257))
    )
    qtbot.waitUntil(lambda: page.panes[0].shown == "Alpha", timeout=9000)
    page.choose(Mode.DIFFERENCE)
    page.first.setCurrentIndex(page.first.findData("painted"))
    qtbot.waitUntil(lambda: page.panes[0].shown == "Painted mask − Improved", timeout=9000)


def test_the_page_follows_the_preview_without_another_call_of_the_worker(opened, person, qtbot):
    page, session = opened.compare, opened.session
    person.paint((40, 30), (44, 60))
    person.shown()
    assert page._made is None, "it is not seen"
    asked = len(session.previews._source.asked)
    opened.actions_["page.compare"].trigger()
    qtbot.waitUntil(lambda: page._made is not None, timeout=9000)
    assert len(session.previews._source.asked) == asked
    first = page._made
    session.studio.choose_seed(123)
    qtbot.waitUntil(lambda: page._made is not first, timeout=9000)
    preview = session.previews._source.made(session.previews._asked)[0].image
    blends = page._made.blends
    np.testing.assert_array_equal(blends.pictures["improved"], preview[blends.box.slices])
    session.studio.clear()
    qtbot.waitUntil(lambda: page._made is None, timeout=9000)
    opened.actions_["page.paint"].trigger()
    assert opened.painting.isVisible() and opened.painting.canvas.hasFocus()


def test_a_closed_project_leaves_nothing_to_compare(opened, person, qtbot):
    person.paint((40, 30), (44, 60))
    opened.actions_["page.compare"].trigger()
    qtbot.waitUntil(lambda: opened.compare._made is not None, timeout=9000)
    opened.compare.choose(Mode.BLINK)
    opened.close_project()
    assert opened.compare._made is None and not opened.compare.blinking
