"""Masks on canvases."""

import numpy as np
import pytest

from defectstudio.synthesis.canvas import Canvas


@pytest.mark.parametrize(
    ("shape", "canvas"), [((20, 30), (64, 64)), ((64, 256), (64, 112)), ((60, 100), (80, 112))]
)
def test_a_canvas_grows_with_its_mask_but_not_beyond_twice_the_trained_one(shape, canvas):
    made = Canvas.around(np.ones(shape, bool), 64, 64, 16)
    small = made.scale < 1
    assert made.mask.shape == ((64, 128) if small else canvas)
    assert made.mask.sum() == made.box.height * made.box.width
    assert small == (max(shape) > 120)


def test_what_is_put_on_a_canvas_is_taken_from_it():
    mask = np.zeros((20, 10), bool)
    mask[5:15, 2:8] = True
    pixels = np.random.default_rng(0).random((20, 10, 3), np.float32)
    canvas = Canvas.around(mask, 64, 64, 16)
    image = canvas.image(pixels)
    assert (image[:-1, ~canvas.mask] == -1).all()
    assert np.array_equal(image[-1] > 0, canvas.mask)
    back = canvas.take((image[:-1].transpose(1, 2, 0) + 1) / 2)
    assert np.allclose(back[mask], pixels[mask], atol=1e-6)
