"""Descriptors against hand calculations."""

import numpy as np

from defectstudio.imaging.descriptors import shape, texture, tone


def test_tone_is_mean_and_deviation_inside_the_mask():
    pixels = np.zeros((2, 2, 2), np.float32)
    pixels[0] = [[0.2, 1.0], [0.4, 1.0]]
    mask = np.array([[True, True], [False, False]])
    assert np.allclose(tone(pixels, mask), [0.3, 1.0, 0.1, 0.0])


def test_texture_of_stripes_and_of_a_single_pixel():
    stripes = np.tile(np.array([0.0, 1.0], np.float32), (8, 4))
    whole = np.ones((8, 8), bool)
    # at odd lags all neighbours in a row differ by 1, all in a column by 0
    assert np.allclose(texture(stripes, whole), [np.sqrt(0.5), 0.0, 0.0])
    assert np.array_equal(texture(stripes[:1, :1], whole[:1, :1]), np.zeros(3))


def test_shape_tells_size_and_elongation():
    bar = shape(np.ones((2, 8), bool))
    assert np.allclose(bar, [np.log(4), np.log(4)])
    assert np.allclose(shape(np.ones((1, 1), bool)), [0.0, 0.0])
