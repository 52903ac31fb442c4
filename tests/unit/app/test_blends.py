"""Blends side by side, and heat maps of what differs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from defectstudio.app.blends import LAYERS, blended_each_way, difference
from defectstudio.app.palette import class_colour
from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import BlendSettings, Defect, Recipe
from defectstudio.imaging.compose import PlacedContent, compose
from defectstudio.imaging.masks import encode


def scene(shape, dtype=np.uint8, place=(150, 180)):
    full = 255 if dtype == np.uint8 else 65535
    noise = np.random.default_rng(2).normal(0.5, 0.01, shape)
    background = (np.clip(noise, 0, 1) * full).astype(dtype)
    mask = np.ones((24, 30), bool)
    pixels = np.full((*mask.shape, 3), 0.8, np.float32)
    contents = [PlacedContent(2, pixels, mask, *place, 5)]
    defects = (Defect(2, 5, encode(mask), *place, "g"),)
    return background, contents, Recipe("b", defects, blend=BlendSettings("poisson", 4, 2))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(400, 500), (400, 500, 3)])
@pytest.mark.parametrize("place", [(150, 180), (-6, -9), (390, 480)])
def test_each_blend_is_the_part_of_the_whole_image(shape, dtype, place):
    background, contents, recipe = scene(shape, dtype, place)
    made = blended_each_way(background, contents, recipe)
    assert set(made.pictures) == set(LAYERS)
    for mode in ("alpha", "poisson", "improved"):
        blend = replace(recipe.blend, mode=mode)
        whole = compose(background, contents, blend, recipe.grain, recipe.refine)
        np.testing.assert_array_equal(made.pictures[mode], whole.image[made.box.slices])
    np.testing.assert_array_equal(made.pictures["background"], background[made.box.slices])
    assert made.pictures["painted"].dtype == dtype


def test_the_painted_mask_is_in_its_classs_colour():
    background, contents, recipe = scene((400, 500))
    made = blended_each_way(background, contents, recipe)
    painted = made.pictures["painted"]
    row, column = 150 - made.box.top + 5, 180 - made.box.left + 5
    grey = made.pictures["background"][row, column]
    wanted = np.array(class_colour(2)) * 0.6 + 0.4 * grey
    assert np.abs(painted[row, column] - wanted).max() <= 1
    assert (painted[0, 0] == made.pictures["background"][0, 0]).all()


def test_the_background_is_not_changed():
    background, contents, recipe = scene((400, 500, 3))
    before = background.copy()
    made = blended_each_way(background, contents, recipe)
    made.pictures["background"][:] = 0
    np.testing.assert_array_equal(background, before)


def test_a_content_that_does_not_fit_is_an_error():
    background, contents, recipe = scene((400, 500))
    with pytest.raises(ImageError):
        blended_each_way(background, [replace(contents[0], class_id=255)], recipe)


SHAPES = st.sampled_from([(5, 7), (5, 7, 3)])
IMAGES = SHAPES.flatmap(lambda shape: arrays.arrays(np.uint8, shape))


@given(IMAGES, IMAGES)
def test_a_difference_is_symmetric_and_none_is_the_darkest(first, second):
    there, back = difference(first, second), difference(second, first)
    np.testing.assert_array_equal(there.pixels, back.pixels)
    apart = np.abs(
        (first if first.ndim == 3 else first[..., None]).astype(int)
        - (second if second.ndim == 3 else second[..., None])
    ).max(axis=2)
    assert there.most == apart.max() / 255
    brightness = there.pixels.sum(axis=2)
    assert (brightness[apart == 0] <= brightness.min()).all() or apart.min() > 0
    same = difference(first, first)
    assert same.most == 0 and len(np.unique(same.pixels.reshape(-1, 3), axis=0)) == 1


def test_the_brightest_is_the_largest_difference_of_deep_images():
    first = np.zeros((4, 4), np.uint16)
    second = first.copy()
    second[1, 2], second[2, 2] = 6554, 3277
    heat = difference(first, second)
    assert heat.most == pytest.approx(0.1, abs=1e-4)
    total = heat.pixels.astype(int).sum(axis=2)
    assert total[1, 2] > total[2, 2] > total[0, 0]
    assert heat.pixels[1, 2, 0] > 200 and heat.pixels[1, 2, 2] < 100, "yellow in cividis"
