"""Planes laid over the image: colours, hatches, parts drawn again."""

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from defectstudio.app.label_plane import LabelPlane
from defectstudio.gui.canvas.item import Overlay
from defectstudio.gui.canvas.tints import Hatch, Look
from defectstudio.imaging.masks import Box

WHITE = (255, 255, 255)
GROUND = 40


def pixels(view):
    """The viewport's pixels as it is on screen, red only: everything here is grey."""
    QApplication.processEvents()
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)[..., 0].copy()


@pytest.fixture
def plane():
    values = np.zeros((100, 140), np.uint8)
    values[10:50, 10:50], values[10:50, 60:100], values[60:90, 20:120] = 1, 2, 3
    return LabelPlane(values)


@pytest.fixture
def shown(canvas, studio, document_of):
    studio.show(document_of(np.full((100, 140), GROUND, np.uint8)))
    canvas.set_zoom(2)
    canvas.ring.hide()
    return canvas


def part(view, seen, box):
    """What is seen of a box of pixels."""
    place = view.viewportTransform().map(box.left, box.top)
    left, top, zoom = *(round(value) for value in place), int(view.zoom)
    return seen[top : top + zoom * box.height, left : left + zoom * box.width]


def test_values_with_a_look_are_shown_and_others_are_clear(shown, plane):
    shown.item.lay("verdict", plane, {1: Look(WHITE, 0.5), 3: Look(WHITE, 1.0)})
    seen = pixels(shown)
    assert np.abs(part(shown, seen, Box(10, 10, 40, 40)).astype(int) - 148).max() <= 2
    assert (part(shown, seen, Box(10, 60, 40, 40)) == GROUND).all()
    assert (part(shown, seen, Box(60, 20, 30, 100)) == 255).all()


@pytest.mark.parametrize("hatch", [each for each in Hatch if each is not Hatch.PLAIN])
def test_a_hatch_has_lines_and_faint_gaps(shown, plane, hatch):
    shown.item.lay("verdict", plane, {1: Look(WHITE, 1.0, hatch), 2: Look(WHITE, 1.0)})
    seen = part(shown, pixels(shown), Box(10, 10, 40, 40))
    assert (seen == 255).mean() > 0.2
    assert (np.abs(seen.astype(int) - 82) <= 2).mean() > 0.5


def test_hatches_differ(shown, plane):
    looks = {}
    for hatch in Hatch:
        shown.item.lay("verdict", plane, {1: Look(WHITE, 1.0, hatch)})
        looks[hatch] = part(shown, pixels(shown), Box(10, 10, 40, 40)).tobytes()
    assert len(set(looks.values())) == len(Hatch)


@pytest.mark.parametrize("zoom", [0.37, 1.0, 2.6, 7.0])
def test_a_part_drawn_again_equals_the_whole(shown, plane, zoom):
    looks = {1: Look(WHITE, 0.5, Hatch.RISING), 2: Look(WHITE, 1.0, Hatch.DOTS), 3: Look(WHITE)}
    shown.set_zoom(zoom)
    shown.item.lay("verdict", plane, looks)
    QApplication.processEvents()
    rng = np.random.default_rng(3)
    for _ in range(20):
        top, left = (int(rng.integers(0, size - 9)) for size in plane.shape)
        box = Box(top, left, *(int(side) for side in rng.integers(1, 9, 2)))
        plane.labels[box.slices] = rng.integers(0, 4)
        plane.refresh(box)
        shown.item.refresh(box)
        parts = on_screen(shown)
        assert len(np.unique(parts)) > 3
        shown.viewport().update()
        assert np.abs(on_screen(shown).astype(int) - parts).max() <= 1


def on_screen(view):
    """The window's own pixels, not drawn anew."""
    QApplication.processEvents()
    image = view.screen().grabWindow(view.winId()).toImage()
    return np.frombuffer(
        image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint8
    ).copy()


def test_laid_planes_hide_with_the_overlays_and_go_with_the_image(
    shown, plane, studio, document_of
):
    shown.item.lay("verdict", plane, {1: Look(WHITE, 1.0)})
    shown.item.set_overlay(Overlay.HIDDEN)
    assert (part(shown, pixels(shown), Box(10, 10, 40, 40)) == GROUND).all()
    shown.item.set_overlay(Overlay.OUTLINE)
    assert (part(shown, pixels(shown), Box(10, 10, 40, 40)) == 255).all()
    shown.item.take_away("verdict")
    shown.item.take_away("verdict")
    assert (part(shown, pixels(shown), Box(10, 10, 40, 40)) == GROUND).all()
    shown.item.lay("verdict", plane, {1: Look(WHITE, 1.0)})
    studio.show(document_of(np.full((100, 140), GROUND, np.uint8), image_id=2))
    assert (part(shown, pixels(shown), Box(10, 10, 40, 40)) == GROUND).all()
