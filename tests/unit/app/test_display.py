"""What is shown of native images."""

import numpy as np

from defectstudio.app.display import Window, histogram_of, pyramid, shown, window_of


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
    image = rng.integers(0, 256, (256, 192, 3)).astype(np.uint8)
    levels = pyramid(image)
    assert levels[0] is image
    assert [level.shape for level in levels[1:]] == [(128, 96, 3), (64, 48, 4)]
    half = image.reshape(128, 2, 96, 2, 3).mean(axis=(1, 3))
    assert np.abs(levels[1] - half).max() <= 0.5
    quarter = image.reshape(64, 4, 48, 4, 3).mean(axis=(1, 3))
    assert np.abs(levels[2][..., 2::-1] - quarter).max() <= 1
    assert (levels[2][..., 3] == 255).all()


def test_odd_sizes_round_up():
    assert [level.shape[:2] for level in pyramid(np.zeros((131, 67), np.uint8))] == [
        (131, 67), (66, 34), (33, 17)
    ]  # fmt: skip


def test_eight_bits_are_shown_in_another_window_without_touching_them():
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    kept = image.copy()
    seen = shown(image, Window(100, 151))
    np.testing.assert_array_equal(image, kept)
    assert (seen.flat[:101] == 0).all() and (seen.flat[151:] == 255).all()
    assert seen.flat[101] == 5


def test_a_large_deep_image_is_shown_as_a_small_one():
    image = np.random.default_rng(0).integers(0, 1 << 16, (1500, 1700)).astype(np.uint16)
    window = Window(300, 60000)
    np.testing.assert_array_equal(shown(image, window)[700:702], shown(image[700:702], window))


def test_a_histogram_spans_the_bits_in_use():
    eight = histogram_of(np.full((10, 10), 7, np.uint8))
    assert (eight.low, eight.high, eight.counts[7], sum(eight.counts)) == (0, 255, 100, 100)
    twelve = histogram_of(np.full((10, 10, 3), 4095, np.uint16))
    assert (twelve.high, twelve.counts[-1], len(twelve.counts)) == (4095, 300, 256)
