"""Relative tone: light cancels, the surface is one half."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from defectstudio.domain.errors import ImageError
from defectstudio.imaging import tone
from defectstudio.imaging.tone import FAR_PX, from_relative, surround, to_relative

MASK = np.zeros((20, 16), bool)
MASK[4:16, 4:12] = True


@given(st.floats(0.05, 1.0), st.floats(0.0, 1.0))
def test_there_and_back(level, value):
    surface = np.array([level], np.float32)
    pixels = np.full((2, 2, 1), min(value, 4 * level), np.float32)
    assert np.allclose(from_relative(to_relative(pixels, surface), surface), pixels, atol=1e-5)


@pytest.mark.parametrize("light", [0.3, 1.0, 1.6])
def test_light_cancels(light):
    pixels = np.linspace(0.1, 0.6, 12, dtype=np.float32).reshape(4, 3, 1)
    level = np.array([0.5], np.float32)
    relit = to_relative(pixels * light, level * np.float32(light))
    assert np.allclose(relit, to_relative(pixels, level), atol=1e-6)


def test_the_surface_is_one_half_and_a_shadow_darker_than_its_surface():
    level = np.array([0.4], np.float32)
    assert to_relative(np.full((1, 1, 1), 0.4, np.float32), level) == pytest.approx(0.5)
    shadow = to_relative(np.full((1, 1, 1), 0.1, np.float32), level)
    for surface in (0.1, 0.5, 0.9):
        assert from_relative(shadow, np.array([surface], np.float32)) < surface


@given(st.data(), st.integers(1, 14))
def test_a_mask_grows_by_the_ellipse_of_opencv(data, px):
    inner = data.draw(arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40))))
    mask = np.pad(inner, px)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1, 2 * px + 1))
    expected = cv2.dilate(mask.view(np.uint8), ellipse) > 0
    assert np.array_equal(tone._dilated(mask, px), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("origin", [(30, 30), (-8, -6), (85, 90)])
def test_the_defect_itself_does_not_count(dtype, origin):
    full = np.iinfo(dtype).max
    image = np.full((100, 100, 3), (full // 4, full // 2, full), dtype)
    rows, cols = np.nonzero(MASK)
    rows, cols = rows + origin[0], cols + origin[1]
    inside = (rows >= 0) & (cols >= 0) & (rows < 100) & (cols < 100)
    image[rows[inside], cols[inside]] = 0
    assert np.allclose(surround(image, MASK, origin), [0.25, 0.5, 1.0], atol=0.01)


def test_other_defects_are_ignored():
    image = np.full((60, 60), 200, np.uint8)
    other = np.zeros((60, 60), bool)
    other[:, 34:] = True
    image[other] = 10
    assert surround(image, MASK, (20, 20), ignored=other) == pytest.approx(200 / 255, abs=1e-3)


def test_a_mask_without_surroundings_takes_what_there_is():
    image = np.full((16, 16), 51, np.uint8)
    assert surround(image, np.ones((16, 16), bool), (0, 0)) == pytest.approx(0.2, abs=1e-3)


def test_a_mask_outside_is_refused():
    with pytest.raises(ImageError, match="outside the image"):
        surround(np.full((16, 16), 51, np.uint8), MASK, (10 * FAR_PX, 400))


def test_black_surfaces_have_a_level():
    assert surround(np.zeros((40, 40), np.uint8), MASK, (5, 5)) == pytest.approx(0.02)
