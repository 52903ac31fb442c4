"""Levels drawn in parts and whole."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter, qRgb

from defectstudio.app.label_plane import LEVELS, LabelPlane
from defectstudio.gui.canvas.layers import cover_for, draw_level, steady

WIDTH, HEIGHT = 12_000, 8
VALUES = np.random.default_rng(0).integers(0, 2, (HEIGHT, WIDTH), np.uint8)


def drawn(levels, zoom, parts):
    """What a row of pixels shows when it is drawn in these parts, one after the other."""
    made = QImage(1000, 1, QImage.Format.Format_RGB32)
    made.fill(0)
    painter = QPainter(made)
    for left, right in parts:
        painter.resetTransform()
        painter.setClipRect(QRect(left, 0, right - left, 1))
        painter.scale(zoom, zoom)
        draw_level(painter, levels, cover_for(zoom, LEVELS))
    painter.end()
    return np.frombuffer(made.constBits(), np.uint32).copy()


@pytest.fixture(scope="module")
def levels():
    plane = LabelPlane(VALUES)
    made = []
    for level in plane.levels:
        rows, columns = level.shape
        image = QImage(level.data, columns, rows, columns, QImage.Format.Format_Indexed8)
        image.setColorTable([qRgb(0, 0, 0), qRgb(255, 255, 255)])
        made.append(image)
    yield made  # The images look at the plane's memory.


@given(st.floats(1 / 256, 64), st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_parts_meet_at_a_steady_zoom(levels, zoom, cuts):
    zoom = steady(zoom, LEVELS)
    edges = [0, *sorted(cuts), 1000]
    parts = list(pairwise(edges))
    whole = drawn(levels, zoom, [(0, 1000)])
    assert np.array_equal(drawn(levels, zoom, parts), whole)


@given(st.floats(1 / 256, 64))
def test_a_steady_zoom_is_near_and_stays(zoom):
    found = steady(zoom, LEVELS)
    assert found == pytest.approx(zoom, rel=1e-2 if zoom > 8 else 1e-4)
    assert steady(found, LEVELS) == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("zoom", [1 / 64, 0.25, 0.5, 1.0, 2.0, 3.0, 7.0, 64.0])
def test_whole_multiples_stay_as_they_are(zoom):
    assert steady(zoom, LEVELS) == zoom
