"""The surface under a mask's box."""

import numpy as np

from defectstudio.imaging.masks import Box
from defectstudio.imaging.surface import surface_under
from defectstudio.imaging.tone import to_relative

IMAGE = np.arange(20, dtype=np.uint8).reshape(4, 5) * 10


def test_a_crop_in_absolute_tone():
    found = surface_under(IMAGE, Box(1, 2, 2, 3), 1, None)
    assert (found.shape, found.dtype) == ((2, 3, 1), np.float32)
    assert np.allclose(found[..., 0], IMAGE[1:3, 2:5] / 255)


def test_edges_are_replicated_beyond_the_border():
    found = surface_under(IMAGE, Box(-2, 3, 8, 4), 1, None)[..., 0] * 255
    assert np.allclose(found[:3, 0], IMAGE[0, 3])
    assert np.allclose(found[3:, -1].round(), [90, 140, 190, 190, 190])


def test_relative_tone_is_against_the_level():
    level = np.array([0.25], np.float32)
    found = surface_under(IMAGE, Box(0, 0, 4, 5), 1, level)
    assert np.allclose(found, to_relative((IMAGE / np.float32(255))[..., None], level))


def test_channels_follow_the_generator():
    assert np.ptp(surface_under(IMAGE, Box(0, 0, 4, 5), 3, None), axis=2).max() == 0
    red = np.zeros((4, 5, 3), np.uint8)
    red[..., 0] = 255
    assert np.allclose(surface_under(red, Box(0, 0, 4, 5), 1, None), 0.299)
    deep = np.full((4, 5), 65535, np.uint16)
    assert surface_under(deep, Box(0, 0, 2, 2), 1, None).max() == 1
