"""The canvas: pixels, dirty boxes, zoom, strokes by mouse events."""

import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from defectstudio.app.label_plane import LEVELS
from defectstudio.app.outlines import outlines
from defectstudio.app.palette import class_colour
from defectstudio.gui.canvas.item import Overlay
from defectstudio.gui.canvas.layers import steady
from defectstudio.imaging.masks import Box

NONE = Qt.MouseButton.NoButton


def send(
    view, kind, place, *, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier
):
    """A mouse event at viewport coordinates."""
    position = QPointF(*place)
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    spot = view.viewport().mapToGlobal(position)
    QApplication.sendEvent(view.viewport(), QMouseEvent(kind, position, spot, button, held, keys))


def drag(view, *places, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier):
    send(view, QEvent.Type.MouseButtonPress, places[0], button=button, keys=keys)
    for place in places[1:]:
        send(view, QEvent.Type.MouseMove, place, button=button, keys=keys)
    send(view, QEvent.Type.MouseButtonRelease, places[-1], button=button, keys=keys)


def at(view, row, column):
    """Viewport coordinates of a point of the image."""
    place = view.viewportTransform().map(QPointF(column, row))
    return place.x(), place.y()


def grabbed(view):
    """The viewport's pixels (h, w, 3), without the brush ring."""
    view.ring.hide()
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def seen_of(view, height, width, zoom):
    """What the viewport shows of the image's first rows and columns."""
    left, top = (round(value) for value in at(view, 0, 0))
    return grabbed(view)[top : top + height * zoom, left : left + width * zoom]


def enlarged(image, zoom):
    rgb = np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image
    return rgb.repeat(zoom, axis=0).repeat(zoom, axis=1)


@pytest.mark.parametrize("shape", [(50, 70), (50, 71, 3)])
@pytest.mark.parametrize("zoom", [1, 2, 4, 16])
def test_pixels_are_exact_at_whole_zooms(canvas, studio, shape, zoom, document_of):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    studio.show(document_of(image))
    canvas.item.show_near(False)
    canvas.set_zoom(zoom)
    canvas.centerOn(0, 0)
    height, width = min(50, 140 // zoom), min(70, 190 // zoom)
    part = image[:height, :width]
    np.testing.assert_array_equal(seen_of(canvas, height, width, zoom), enlarged(part, zoom))


def test_pixels_far_from_the_origin_are_exact_at_the_largest_zoom(canvas, studio, document_of):
    image = np.random.default_rng(0).integers(0, 256, (40, 60_000)).astype(np.uint8)
    studio.show(document_of(image))
    canvas.item.show_near(False)
    canvas.set_zoom(64)
    canvas.centerOn(59_998, 20)
    left, top = (round(value) for value in at(canvas, 20, 59_998))
    seen = grabbed(canvas)[top : top + 64, left : left + 128]
    np.testing.assert_array_equal(seen, enlarged(image[20:21, 59_998:60_000], 64))


def test_painted_classes_are_tinted_and_hidden(canvas, studio, document_of):
    image = np.full((50, 50), 100, np.uint8)
    labels = np.zeros((50, 50), np.uint8)
    labels[10:20, 5:30] = 2
    studio.show(document_of(image, labels))
    canvas.set_zoom(2)
    canvas.centerOn(25, 25)
    seen = seen_of(canvas, 50, 50, 2)
    tinted = (seen != 100).any(axis=2)
    np.testing.assert_array_equal(tinted, labels.repeat(2, 0).repeat(2, 1) > 0)
    mixed = 100 + 0.55 * (np.array(class_colour(2)) - 100)
    assert np.abs(seen[30, 30] - mixed).max() <= 2
    canvas.item.set_overlay(Overlay.HIDDEN)
    assert (seen_of(canvas, 50, 50, 2) == 100).all()


def test_a_thin_defect_is_seen_when_zoomed_out(canvas, studio, document_of):
    labels = np.zeros((2000, 3000), np.uint8)
    labels[1000, 200:2800] = 1
    studio.show(document_of(np.zeros((2000, 3000), np.uint8), labels))
    assert canvas.zoom < 0.2
    row = (grabbed(canvas) > 30).any(axis=2).sum(axis=1).max()
    assert row > 0.8 * canvas.zoom * 2600


@pytest.mark.parametrize("zoom", [0.9, 0.6, 0.51, 0.3, 0.13])
def test_no_line_of_a_pixel_is_lost_at_any_zoom(canvas, studio, zoom, document_of):
    labels = np.zeros((600, 600), np.uint8)
    labels[3::50, 200:400] = 1
    studio.show(document_of(np.zeros((600, 600), np.uint8), labels))
    canvas.set_zoom(zoom)
    canvas.centerOn(300, 300)
    x, top, bottom = at(canvas, 0, 300)[0], at(canvas, 0, 0)[1], at(canvas, 600, 0)[1]
    column = grabbed(canvas)[max(0, round(top)) : round(bottom), round(x)].max(axis=1) > 30
    seen = np.count_nonzero(np.diff(column.astype(int)) == 1)
    shown = [row for row in range(3, 600, 50) if 2 < at(canvas, row, 0)[1] < canvas.height() - 2]
    assert seen >= len(shown) - 1


def test_the_preview_lies_over_the_image_and_below_the_outline(canvas, studio, document_of):
    image = np.full((60, 60), 90, np.uint8)
    labels = np.zeros((60, 60), np.uint8)
    labels[20:40, 10:30] = 1
    studio.show(document_of(image, labels))
    canvas.set_zoom(3)
    canvas.centerOn(30, 30)
    box = Box(20, 10, 20, 20)
    patch = np.random.default_rng(1).integers(100, 256, (20, 20, 3)).astype(np.uint8)
    canvas.item.show_preview([patch], box)
    canvas.item.set_overlay(Overlay.OUTLINE)
    seen = seen_of(canvas, 60, 60, 3)
    np.testing.assert_array_equal(seen[60:120, 30:90], enlarged(patch, 3))
    canvas.item.show_outlines(outlines(labels[box.slices]), box)
    seen = seen_of(canvas, 60, 60, 3)
    np.testing.assert_array_equal(seen[70:110, 40:80], enlarged(patch, 3)[10:50, 10:50])
    assert (np.abs(seen[60, 40:80].astype(int) - class_colour(1)).max(axis=1) < 60).all()
    canvas.item.show_preview(None, None)
    assert (seen_of(canvas, 60, 60, 3)[75:105, 45:75] == 90).all()


def test_a_drag_paints_undo_restores_and_redo_equals(canvas, studio, document_of):
    studio.show(document_of(np.full((100, 120), 60, np.uint8)))
    blank, empty = grabbed(canvas), studio.document.plane.labels.copy()
    drag(canvas, at(canvas, 20, 20), at(canvas, 40, 60), at(canvas, 70, 90))
    painted, after = grabbed(canvas), studio.document.plane.labels.copy()
    assert after[40, 60] == 1 and (painted != blank).any()
    studio.history.undo()
    np.testing.assert_array_equal(studio.document.plane.labels, empty)
    np.testing.assert_array_equal(grabbed(canvas), blank)
    studio.history.redo()
    np.testing.assert_array_equal(studio.document.plane.labels, after)
    np.testing.assert_array_equal(grabbed(canvas), painted)


def test_two_hundred_strokes_are_undone_and_redone(canvas, studio, document_of):
    studio.show(document_of(np.zeros((80, 80), np.uint8)))
    rng, planes = np.random.default_rng(2), [studio.document.plane.labels.copy()]
    while len(studio.history) < 210:
        studio.choose_class(int(rng.integers(1, 3)))
        studio.tools.resize(int(rng.integers(1, 20)))
        button = Qt.MouseButton.RightButton if rng.random() < 0.3 else Qt.MouseButton.LeftButton
        drag(canvas, *(at(canvas, *rng.uniform(0, 80, 2)) for _ in range(3)), button=button)
        if len(studio.history) == len(planes):
            planes.append(studio.document.plane.labels.copy())
    for expected in planes[-2::-1]:
        assert studio.history.undo()
        np.testing.assert_array_equal(studio.document.plane.labels, expected)
    while studio.history.redo():
        pass
    np.testing.assert_array_equal(studio.document.plane.labels, planes[-1])


def test_right_button_and_control_erase(canvas, studio, document_of):
    labels = np.ones((60, 60), np.uint8)
    for number, options in enumerate(
        ({"button": Qt.MouseButton.RightButton}, {"keys": Qt.KeyboardModifier.ControlModifier})
    ):
        studio.show(document_of(np.zeros((60, 60), np.uint8), labels, image_id=number))
        drag(canvas, at(canvas, 30, 10), at(canvas, 30, 50), **options)
        assert studio.document.plane.labels[30, 10:50].max() == 0


def test_shift_click_draws_a_straight_line_on_the_same_image_only(canvas, studio, document_of):
    studio.tools.resize(2)
    studio.show(document_of(np.zeros((60, 60), np.uint8)))
    drag(canvas, at(canvas, 30, 10))
    drag(canvas, at(canvas, 30, 50), keys=Qt.KeyboardModifier.ShiftModifier)
    assert studio.document.plane.labels[30, 11:49].all()
    studio.show(document_of(np.zeros((60, 60), np.uint8), image_id=2))
    drag(canvas, at(canvas, 10, 50), keys=Qt.KeyboardModifier.ShiftModifier)
    assert 0 < studio.document.plane.labels.sum() < 9


def test_escape_cancels_the_stroke(canvas, studio, qtbot, document_of):
    studio.show(document_of(np.zeros((60, 60), np.uint8)))
    send(canvas, QEvent.Type.MouseButtonPress, at(canvas, 30, 10))
    send(canvas, QEvent.Type.MouseMove, at(canvas, 30, 40))
    assert studio.stroking and studio.document.plane.labels.any()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not studio.stroking and not studio.document.plane.labels.any()
    send(canvas, QEvent.Type.MouseButtonRelease, at(canvas, 30, 40))
    assert len(studio.history) == 0


def test_alt_drag_asks_for_a_brush_size(canvas, studio, document_of):
    studio.show(document_of(np.zeros((60, 60), np.uint8)))
    asked = []
    canvas.brush_dragged.connect(asked.append)
    canvas.set_zoom(2)
    drag(canvas, (100, 100), (120, 100), (60, 100), keys=Qt.KeyboardModifier.AltModifier)
    assert asked == [22, 1]
    assert not studio.document.plane.labels.any()


def test_the_wheel_zooms_at_the_pointer_and_panning_moves(canvas, studio, qtbot, document_of):
    studio.show(document_of(np.zeros((500, 700), np.uint8)))
    place = QPointF(130, 90)
    kept = canvas._to_image(place)
    for turn in (120, 120, 120, -120, 120):
        QApplication.sendEvent(
            canvas.viewport(),
            QWheelEvent(
                place, canvas.viewport().mapToGlobal(place), QPoint(), QPoint(0, turn),
                Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase, False,
            ),
        )  # fmt: skip
        gap = canvas._to_image(place) - kept
        assert max(abs(gap.x()), abs(gap.y())) <= 1 / canvas.zoom
    before = at(canvas, 0, 0)
    drag(canvas, (50, 50), (80, 65), button=Qt.MouseButton.MiddleButton)
    qtbot.keyPress(canvas, Qt.Key.Key_Space)
    drag(canvas, (50, 50), (60, 50))
    qtbot.keyRelease(canvas, Qt.Key.Key_Space)
    assert np.subtract(at(canvas, 0, 0), before).tolist() == [40, 15]
    assert not studio.document.plane.labels.any()


def test_zoom_has_bounds_and_fit_follows_the_window(canvas, studio, document_of):
    studio.show(document_of(np.zeros((3000, 4000), np.uint8)))
    fitted = canvas.zoom
    canvas.resize(800, 600)
    assert canvas.zoom > 1.8 * fitted
    canvas.set_zoom(1e9)
    assert canvas.zoom == 64
    canvas.set_zoom(0)
    assert canvas.zoom == 1 / 256
    canvas.full_size()
    assert canvas.zoom == 1
    canvas.fit_width()
    assert canvas.zoom == pytest.approx(steady((800 - 48) / 4000, LEVELS), abs=1e-12)


def test_only_the_dirty_box_is_drawn_again(canvas, studio, document_of):
    studio.show(document_of(np.zeros((1000, 1400), np.uint8)))
    canvas.full_size()
    for _ in range(3):
        canvas.item.refresh(Box(0, 0, 1, 1))
        QApplication.processEvents()
    seen = []
    paint = type(canvas.item).paint

    def watched(painter, option, widget=None):
        seen.append(option.exposedRect.toRect())
        paint(canvas.item, painter, option, widget)

    canvas.item.paint = watched
    canvas.item.refresh(Box(500, 700, 20, 30))
    QApplication.processEvents()
    del canvas.item.paint
    assert seen and all(rect.width() <= 36 and rect.height() <= 26 for rect in seen)


@pytest.mark.filterwarnings("default")
def test_twenty_thousand_stroke_events_lose_no_references(canvas, studio, document_of):
    """PySide6 6.12.0 lost references to None and True on each event and aborted after 2,500."""
    studio.show(document_of(np.zeros((300, 400), np.uint8)))
    studio.tools.resize(3)
    rng = np.random.default_rng(4)
    places = rng.uniform((5, 5), (390, 290), (100, 2))
    drag(canvas, (10, 10), (20, 20))
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(200):
        drag(canvas, *map(tuple, places))
        QApplication.processEvents()
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert min(np.subtract(after, before)) > -2000


def test_the_place_under_the_pointer_is_told_soon_and_once(canvas, studio, qtbot, document_of):
    studio.show(document_of(np.zeros((50, 70), np.uint8)))
    told = []
    canvas.hovered.connect(lambda *place: told.append(place))
    for row in range(10):
        send(canvas, QEvent.Type.MouseMove, at(canvas, row + 0.5, 20.5), button=NONE)
    assert told == []
    qtbot.waitUntil(lambda: told != [])
    assert told == [pytest.approx((9.5, 20.5), abs=0.5)]
    send(canvas, QEvent.Type.MouseMove, at(canvas, 5, 5), button=NONE)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert told[1:] == [(-1.0, -1.0)] and not canvas._soon.isActive()
