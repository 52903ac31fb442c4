"""From recipe to files."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import RecipeError
from defectstudio.domain.recipe import Defect, Recipe
from defectstudio.imaging.masks import dilate, encode
from defectstudio.imaging.reading import pixel_sha256, read_image, read_label
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.render import keep_sample, place_content, render

BACKGROUND = np.full((80, 90), 30000, np.uint16)


def recipe(weights):
    mask = np.zeros((30, 20), bool)
    mask[4:26, 3:17] = True
    return Recipe("b" * 64, (Defect(1, 7, encode(mask), 10, 65, weights),))


def test_native_depth_and_files(tiny_generator, tmp_path):
    generator = load_generator(tiny_generator(channels=1), torch.device("cpu"))
    wanted = recipe(generator.card.weights_sha256)
    sample = render(wanted, BACKGROUND, {generator.card.weights_sha256: generator})
    assert sample.image.dtype == np.uint16
    assert (sample.label == 1).any()
    folder = tmp_path / "samples" / "000000"
    keep_sample(folder, wanted, sample)
    said = json.loads((folder / "recipe.json").read_text())
    assert pixel_sha256(read_image(folder / "image.png")) == said["image_sha256"]
    assert pixel_sha256(read_label(folder / "label.png")) == said["label_sha256"]
    assert said["recipe"]["format"] == 1 and said["recipe"]["grain"] == {"strength": 1.0}
    assert said["fits"][0]["iou"] == sample.fits[0].iou
    assert [p.name for p in (tmp_path / "samples").iterdir()] == ["000000"]


def test_an_unknown_generator_is_named():
    with pytest.raises(RecipeError, match="ffffffffffff"):
        render(recipe("f" * 64), BACKGROUND, {})


def test_a_relative_content_follows_the_light(tiny_generator):
    generator = load_generator(tiny_generator(channels=1), torch.device("cpu"))
    assert generator.card.config.tone == "relative"
    loaded = {generator.card.weights_sha256: generator}
    defect = recipe(generator.card.weights_sha256).defects[0]
    dark, bright = (
        place_content(defect, np.full((80, 90), level, np.uint8), loaded).pixels
        for level in (40, 120)
    )
    assert np.allclose(dark * 3, bright, atol=0.01)


def test_the_generator_sees_the_surface_in_its_own_tone(tiny_generator):
    generator = load_generator(tiny_generator(channels=1), torch.device("cpu"))
    seen = []
    made = generator.generate
    generator.generate = lambda *given: seen.append(given[3]) or made(*given)
    weights = generator.card.weights_sha256
    place_content(recipe(weights).defects[0], BACKGROUND, {weights: generator})
    assert seen[0].shape == (30, 20, 1)
    assert np.allclose(seen[0], 0.5), "the surround is as bright as the surface"


def test_a_grey_content_on_a_coloured_surface_takes_its_colour(tiny_generator):
    generator = load_generator(tiny_generator(channels=1), torch.device("cpu"))
    loaded = {generator.card.weights_sha256: generator}
    defect = recipe(generator.card.weights_sha256).defects[0]
    colour = np.full((80, 90, 3), (30, 90, 150), np.uint8)
    pixels = place_content(defect, colour, loaded).pixels
    assert pixels.shape[2] == 3
    assert np.allclose(pixels[..., 0] * 3, pixels[..., 1], atol=0.01)
    assert np.allclose(pixels[..., 0] * 5, pixels[..., 2], atol=0.01)


def test_a_painted_mask_is_widened_as_its_class_was_for_training(tiny_generator):
    generator = load_generator(tiny_generator(channels=1), torch.device("cpu"))
    weights = generator.card.weights_sha256
    plain = place_content(recipe(weights).defects[0], BACKGROUND, {weights: generator})
    config = replace(generator.card.config, dilate="hole:2,scratch:9")
    generator.card = replace(generator.card, config=config)
    wide = place_content(recipe(weights).defects[0], BACKGROUND, {weights: generator})
    assert (wide.top, wide.left) == (plain.top - 2, plain.left - 2)
    assert np.array_equal(wide.raw_mask, dilate(np.pad(plain.raw_mask, 2), 2))
