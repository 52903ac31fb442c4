"""The grain of surfaces."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.imaging.grain import grain


def ground(degrees, seed=0, size=(120, 160)):
    """Noise smeared along lines at so many degrees counterclockwise, uint8."""
    side = 2 * max(size)
    noise = np.random.default_rng(seed).normal(size=(side, side)).astype(np.float32)
    lines = cv2.GaussianBlur(noise, (0, 0), sigmaX=12, sigmaY=1.2)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 1)
    turned = cv2.warpAffine(lines, turn, (side, side))
    top, left = (side - size[0]) // 2, (side - size[1]) // 2
    cut = turned[top : top + size[0], left : left + size[1]]
    return np.clip(128 + 30 * cut / cut.std(), 1, 255).astype(np.uint8)


@given(degrees=st.integers(0, 179), light=st.floats(0.3, 1.0))
@settings(max_examples=20, deadline=None)
def test_ground_metal_has_a_grain_along_its_lines_under_any_light(degrees, light):
    found = grain([(ground(degrees) * light).astype(np.uint8)])
    assert found.oriented
    assert abs((found.degrees - degrees + 90) % 180 - 90) < 5


def test_noise_a_weave_and_a_flat_surface_have_none():
    noise = np.random.default_rng(1).integers(90, 160, (120, 160, 3), dtype=np.uint8)
    weave = np.uint8((ground(0, 2).astype(int) + ground(90, 3)) // 2)
    flat = np.full((50, 60), 7, np.uint8)
    for image in (noise, weave, flat):
        assert not grain([image]).oriented
    assert grain([flat]).coherence == 0


def test_pictures_of_many_directions_have_none_together():
    turned = [ground(degrees, degrees) for degrees in range(0, 180, 30)]
    assert all(grain([image]).oriented for image in turned)
    assert grain(turned).coherence < 0.1


def test_one_bold_edge_makes_no_grain():
    image = np.random.default_rng(4).integers(110, 140, (160, 160), dtype=np.uint8)
    image[:, 80:] //= 8
    assert not grain([image]).oriented


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_depth_colour_and_size_change_little(depth):
    image = ground(20, size=(400, 600))
    deep = image.astype(depth) * (257 if depth is np.uint16 else 1)
    colour = np.repeat(deep[..., None], 3, axis=2)
    one, other = grain([image]), grain([colour])
    assert other.coherence == pytest.approx(one.coherence, abs=0.02)
    assert other.degrees == pytest.approx(one.degrees, abs=1)
