"""Contents on the canvas: place, size, edges, tone and crops."""

import numpy as np
import pytest

from defectstudio.evaluation.contents import crop_around, real_contents
from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.masks import Box
from defectstudio.metrics.alignment import GREY
from defectstudio.metrics.canvases import Look, on_canvas

LOOK = Look(32, 2.0, 3)


def _content(h, w, value=0.9):
    mask = np.zeros((h + 2, w + 2), bool)
    mask[1:-1, 1:-1] = True
    pixels = np.full((h + 2, w + 2, 3), 0.1, np.float32)
    pixels[mask] = value
    return pixels, mask


@pytest.mark.parametrize(("h", "w", "size"), [(5, 8, (10, 16)), (100, 60, (28, 17)), (28, 3, None)])
def test_contents_are_centred_and_fitted(h, w, size):
    _, inside = on_canvas(*_content(h, w), LOOK)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    assert (len(rows), len(columns)) == (size or (28, 3))
    assert abs(rows[0] + rows[-1] + 1 - 32) <= 1
    assert abs(columns[0] + columns[-1] + 1 - 32) <= 1


@pytest.mark.parametrize(("h", "w"), [(5, 8), (97, 61)])
def test_no_rim_takes_the_colour_of_the_canvas_or_of_the_surroundings(h, w):
    canvas, inside = on_canvas(*_content(h, w), LOOK)
    assert np.allclose(canvas[inside], 0.9, atol=1e-5)
    assert (canvas[~inside] == GREY).all()


def test_an_empty_mask_is_an_empty_canvas():
    canvas, inside = on_canvas(np.ones((4, 4, 3), np.float32), np.zeros((4, 4), bool), LOOK)
    assert (canvas == GREY).all()
    assert not inside.any()


def test_channels():
    grey, colour = np.full((2, 2), 0.5, np.float32), np.zeros((2, 2, 3), np.float32)
    colour[..., 1] = 1
    assert with_channels(grey, 3).shape == (2, 2, 3)
    assert with_channels(colour, 1).item(0) == pytest.approx(0.587)
    assert with_channels(colour, 3) is colour


@pytest.mark.parametrize("place", [(0, 0), (40, 50), (70, 90)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_crops_stay_inside_the_image(place, dtype):
    image = np.full((80, 100), np.iinfo(dtype).max // 2, dtype)
    image[place[0] : place[0] + 8, place[1] : place[1] + 8] = np.iinfo(dtype).max
    crop = crop_around(image, Box(*place, 8, 8), Look(32, 2.0, 1))
    assert crop.shape == (32, 32, 1)
    assert crop.max() > 0.9
    assert crop.min() == pytest.approx(0.5, abs=0.02)


def test_a_crop_of_an_image_smaller_than_itself():
    assert crop_around(np.zeros((9, 50), np.uint8), Box(2, 3, 5, 40), LOOK).shape == (32, 32, 3)


def test_real_contents_know_their_image_and_part(spec):
    shown = list(real_contents(spec.test, [1, 2], LOOK))
    assert [one.class_id for one in shown] == [1, 2] * 4
    assert {one.source for one in shown} == {"test0", "test1", "test2", "test3"}
    assert shown[0].group == "test part 0"
    dark, bright = shown[0], shown[1]
    assert dark.canvas[dark.mask].mean() < GREY < bright.canvas[bright.mask].mean()
