"""What is shown of native images."""

import numpy as np

from defectstudio.app.display import Window, pyramid, shown, window_of


def test_eight_bits_are_shown_as_they_are():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert shown(image, window_of(image)) is image


def test_a_dark_sixteen_bit_image_fills_the_range():
    rng = np.random.default_rng(0)
    image = rng.integers(100, 4096, (300, 400)).astype(np.uint16)
    window = window_of(image)
    assert 100 <= window.low < 110 and 4080 < window.high <= 4095
    seen = shown(image, window)
    assert seen.dtype == np.uint8 and seen.min() == 0 and seen.max() == 255
    assert abs(float(seen.mean()) - 127.5) < 2


def test_a_flat_sixteen_bit_image_has_a_window():
    image = np.full((5, 5, 3), 700, np.uint16)
    window = window_of(image)
    assert window == Window(700, 701)
    assert shown(image, window).shape == (5, 5, 3)


def test_levels_are_area_means_in_qt_byte_order():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (128, 96, 3)).astype(np.uint8)
    levels = pyramid(image)
    assert levels[0] is image and [level.shape for level in levels[1:]] == [(64, 48, 4)]
    mean = image.reshape(64, 2, 48, 2, 3).mean(axis=(1, 3))
    assert np.abs(levels[1][..., 2::-1] - mean).max() <= 0.5
    assert (levels[1][..., 3] == 255).all()


def test_odd_sizes_round_up():
    assert [level.shape[:2] for level in pyramid(np.zeros((131, 67), np.uint8))] == [
        (131, 67), (66, 34), (33, 17)
    ]  # fmt: skip
