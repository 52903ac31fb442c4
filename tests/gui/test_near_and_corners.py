"""What helps from near and from afar: grid and values, the overview, the scale."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from defectstudio.imaging.masks import Box


def grabbed(view):
    """The viewport drawn anew: its pixels (h, w, 3), without the brush ring."""
    view.ring.hide()
    return pixels(view.viewport().grab())


def on_screen(view):
    """The same as it is on screen."""
    view.ring.hide()
    QApplication.processEvents()
    return pixels(view.screen().grabWindow(view.winId()))


def pixels(picture):
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def cell(view, seen, row, column):
    """What is seen of one pixel of the image."""
    left, top = (round(value) for value in view.viewportTransform().map(column, row))
    side = round(view.zoom)
    return seen[top : top + side, left : left + side]


@pytest.mark.parametrize(("zoom", "lines"), [(7, False), (8, True), (32, True)])
def test_borders_of_pixels_are_seen_from_eight_on(canvas, studio, document_of, zoom, lines):
    studio.show(document_of(np.full((30, 40), 30, np.uint8)))
    canvas.set_zoom(zoom)
    canvas.centerOn(20, 15)
    one = cell(canvas, grabbed(canvas), 15, 20)
    assert (one[1:-1, 1:-1] == 30).all()
    assert (one[0] > 40).all() == lines and (one[:, 0] > 40).all() == lines
    canvas.item.show_near(False)
    assert (grabbed(canvas)[100:200, 100:200] == 30).all()


@pytest.mark.parametrize("ground", [0, 90, 160, 255])
@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3)])
def test_values_are_written_with_contrast(canvas, studio, document_of, ground, shape):
    studio.show(document_of(np.full(shape, ground, np.uint8)))
    canvas.set_zoom(40)
    canvas.centerOn(20, 15)
    inner = cell(canvas, grabbed(canvas), 15, 20)[2:-2, 2:-2].astype(int)
    ink = inner.max() if ground < 128 else inner.min()
    assert contrast(ink, ground) >= 4.5
    rows = (inner != ground).any(axis=(1, 2))
    blocks = np.count_nonzero(np.diff(np.concatenate([[0], rows.astype(int)])) == 1)
    assert blocks == (3 if len(shape) == 3 else 1)


def contrast(first, second):
    """WCAG 2's ratio of two greys."""

    def luminance(value):
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_values_are_native_and_follow_the_pixel(canvas, studio, document_of):
    image = np.full((30, 40), 1000, np.uint16)
    image[15, 21] = 54321
    studio.show(document_of(image))
    canvas.item.show_image(studio.document.levels, studio.document.plane, image)
    canvas.set_zoom(64)
    canvas.centerOn(20, 15)
    seen = grabbed(canvas)
    inks = [
        np.count_nonzero(np.ptp(cell(canvas, seen, 15, column)[2:-2, 2:-2], axis=(0, 1)))
        for column in (20, 21)
    ]
    assert inks == [3, 3]
    wide = [
        np.ptp(np.flatnonzero(np.ptp(cell(canvas, seen, 15, column)[2:-2, 2:-2, 0], axis=0)))
        for column in (20, 21)
    ]
    assert wide[1] > wide[0]


def test_blended_pixels_tell_their_own_values_or_none(canvas, studio, document_of):
    box = Box(10, 10, 10, 20)
    for dtype, told in ((np.uint8, True), (np.uint16, False)):
        native = np.full((30, 40), 20, dtype)
        studio.show(document_of(native))
        canvas.item.show_image(studio.document.levels, studio.document.plane, native)
        canvas.item.show_preview([np.full((10, 20, 3), 200, np.uint8)], box)
        canvas.set_zoom(40)
        canvas.centerOn(20, 15)
        inner = cell(canvas, grabbed(canvas), 15, 20)[2:-2, 2:-2]
        assert (inner == 200).all() != told


def test_the_overview_shows_what_is_out_of_sight_and_goes_there(canvas, studio, document_of, qtbot):
    image = np.zeros((1200, 1600), np.uint8)
    image[:, 800:] = 200
    studio.show(document_of(image))
    canvas.corners.show_minimap(True)
    overview = canvas.corners.minimap
    assert not overview.isVisible()
    canvas.full_size()
    assert overview.isVisible()
    picture = overview.grab().toImage()
    side = picture.width()
    assert abs(overview.width() / overview.height() - 4 / 3) < 0.05
    grey = [picture.pixelColor(round(share * side), 6).red() for share in (0.25, 0.75)]
    assert grey[0] < 30 and abs(grey[1] - 200) < 10
    qtbot.mouseClick(overview, Qt.MouseButton.LeftButton, pos=QPoint(side // 4, 20))
    middle = canvas.mapToScene(canvas.viewport().rect().center())
    assert abs(middle.x() - 400) < 20
    canvas.corners.show_minimap(False)
    assert not overview.isVisible()
    canvas.corners.show_minimap(True)
    canvas.fit()
    assert not overview.isVisible()


def test_the_overview_shows_fresh_paint_soon(canvas, studio, document_of, qtbot):
    studio.show(document_of(np.zeros((1200, 1600), np.uint8)))
    canvas.corners.show_minimap(True)
    canvas.full_size()
    overview = canvas.corners.minimap
    plane = studio.document.plane
    plane.labels[400:800, 200:600] = 2
    plane.refresh(Box(400, 200, 400, 400))

    def seen():
        image = overview.screen().grabWindow(canvas.winId()).toImage()
        place = overview.mapTo(canvas, QPoint(overview.width() // 4, overview.height() // 2))
        return image.pixelColor(place).blue() > 60

    QApplication.processEvents()
    canvas.item.refresh(Box(400, 200, 400, 400))
    qtbot.waitUntil(seen)


def test_a_line_scan_gets_an_overview_one_can_hit(canvas, studio, document_of):
    studio.show(document_of(np.zeros((9000, 90), np.uint8)))
    canvas.full_size()
    assert min(canvas.corners.minimap.width(), canvas.corners.minimap.height()) >= 28


def test_the_scale_bar_follows_zoom_and_calibration(canvas, studio, document_of):
    bar = canvas.corners.scale_bar
    canvas.corners.show_scale_bar(True)
    assert not bar.isVisible()
    studio.show(document_of(np.zeros((300, 400), np.uint8)))
    canvas.full_size()
    assert bar.isVisible() and bar.text == "100 px"
    canvas.corners.calibrate(0.02)
    assert bar.text == "2 mm"
    canvas.set_zoom(50)
    assert bar.text == "20 µm"
    assert bar.grab().toImage().width() <= canvas.width()
    canvas.hide()  # An image may come while another page is shown.
    canvas.set_zoom(1)
    assert bar.text == "2 mm"
    canvas.show()
    canvas.corners.show_scale_bar(False)
    assert not bar.isVisible()


class Drawn(QObject):
    """Counts the pixels that a widget is asked to draw."""

    area = 0

    def eventFilter(self, _watched, event):  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.area += sum(part.width() * part.height() for part in event.region())
        return False


def test_a_pan_draws_only_what_comes_into_sight(canvas, studio, document_of, qtbot):
    """What lies over the corners stays in them and makes nothing else be drawn."""
    image = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3)).astype(np.uint8)
    studio.show(document_of(image))
    corners = canvas.corners
    corners.show_minimap(True)
    corners.show_scale_bar(True)
    canvas.full_size()
    QApplication.processEvents()
    before = on_screen(canvas)
    places = [corners.minimap.pos(), corners.scale_bar.pos()]
    port = canvas.viewport()
    drawn = Drawn()
    port.installEventFilter(drawn)
    qtbot.mousePress(port, Qt.MouseButton.MiddleButton, pos=QPoint(100, 100))
    for step in range(3):
        qtbot.mouseMove(port, QPoint(107 + 7 * step, 95 - 5 * step))
        QApplication.processEvents()
    qtbot.mouseRelease(port, Qt.MouseButton.MiddleButton, pos=QPoint(121, 85))
    port.removeEventFilter(drawn)
    assert [corners.minimap.pos(), corners.scale_bar.pos()] == places
    assert (on_screen(canvas) != before).any() and 0 < drawn.area < port.width() * port.height()
    np.testing.assert_array_equal(on_screen(canvas), grabbed(canvas))
