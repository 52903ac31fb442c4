"""Masks of any size on a network's canvas."""

import numpy as np
import pytest

from defectstudio.synthesis.generators.canvas import MARGIN, Canvas, free_content, spread


@pytest.mark.parametrize("shape", [(1, 1), (20, 60), (57, 57), (100, 30)])
def test_a_mask_that_fits_is_put_as_it_is(shape):
    mask = np.random.default_rng(0).random(shape) < 0.5
    mask[0, 0] = True
    canvas = Canvas(mask, 64, 64)
    assert all(side % 16 == 0 and side >= 64 for side in canvas.plane.shape)
    assert np.array_equal(canvas.plane[canvas.inside] > 0, mask)
    assert canvas.plane.sum() == mask.sum()
    pixels = np.random.default_rng(1).random((*shape, 3)).astype(np.float32)
    assert np.array_equal(canvas.cut(canvas.put(pixels))[mask], pixels[mask])


def test_a_huge_mask_is_drawn_small_and_enlarged():
    mask = np.ones((300, 500), bool)
    canvas = Canvas(mask, 64, 64)
    assert max(canvas.small.shape) == 128 - 2 * MARGIN
    pixels = np.full((300, 500, 1), 0.7, np.float32)
    out = canvas.cut(canvas.put(pixels))
    assert out.shape == (300, 500, 1)
    assert np.allclose(out, 0.7, atol=1e-5)


@pytest.mark.parametrize(("shrink", "scale"), [(0.0, 1.0), (0.5, 0.5**0.5), (1.0, 0.5)])
def test_a_mask_of_two_canvases_is_drawn_at_a_power_of_the_scale_that_fits(shrink, scale):
    assert Canvas(np.ones((112, 10), bool), 64, 64, shrink).scale == pytest.approx(scale)
    assert Canvas(np.ones((56, 10), bool), 64, 64, shrink).scale == 1


def test_spread_takes_the_nearest_content():
    pixels = np.zeros((1, 5, 1), np.float32)
    pixels[0, 1], pixels[0, 3] = 0.2, 0.8
    inside = np.array([[False, True, False, True, False]])
    out = spread(pixels, inside)[0, :, 0]
    assert out[[0, 1]].tolist() == pytest.approx([0.2, 0.2])
    assert out[[3, 4]].tolist() == pytest.approx([0.8, 0.8])
    nothing = np.zeros_like(inside)
    assert np.array_equal(spread(pixels, nothing), pixels)


def test_free_content_is_taken_off_the_key():
    alpha = np.zeros((32, 32, 1), np.float32)
    alpha[8:24, 8:24] = 1
    content = free_content(np.concatenate([alpha * 0.6, alpha], axis=2), np.ones((64, 64), bool))
    assert content.raw_mask.any() and not content.raw_mask.all()
    assert np.allclose(content.pixels[content.raw_mask], 0.6, atol=1e-3)
