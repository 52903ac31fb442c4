"""Galleries: which defect, which seeds, which pixels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app.display import Window
from defectstudio.app.gallery import AT_ONCE, SIDE, SIZE, at_once, browsed, gallery_seeds, tile
from defectstudio.app.style import StyleBook
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe
from defectstudio.domain.records import GeneratorRecord
from defectstudio.domain.seed_marks import Marks
from defectstudio.imaging.compose import PlacedContent, compose
from defectstudio.imaging.masks import encode

SMALL, LARGE = EncodedMask(2, 2, (0, 4)), EncodedMask(9, 9, (0, 81))
EIGHT_BIT = Window(0, 255)


def recipe(*defects):
    return Recipe("b", defects)


def test_the_largest_defect_of_the_class_is_browsed_whatever_its_seed():
    small, large = Defect(1, 5, SMALL, 0, 0, "g"), Defect(1, 6, LARGE, 20, 20, "g", polish=10)
    other = Defect(2, 7, EncodedMask(20, 20, (0, 400)), 0, 0, "g")
    found = browsed(recipe(small, large, other), 1)
    assert found.defects == (replace(large, seed=0, polish=0),)
    assert found == browsed(recipe(replace(large, seed=99), replace(other, seed=1)), 1)
    assert found != browsed(recipe(replace(large, top=21)), 1)
    assert browsed(recipe(other), 1) is None


def test_what_is_slow_is_asked_for_one_by_one():
    generator = GeneratorRecord(1, 1, "g", "dcdganc", Path("g"), "g")
    plain, strong = (recipe(Defect(1, 0, SMALL, 0, 0, "g", contrast=c)) for c in (0.0, 9.0))
    assert at_once(plain, generator) == AT_ONCE
    assert at_once(strong, generator) == at_once(plain, replace(generator, kind="dst")) == 1


def test_a_gallery_begins_with_the_newest_favourites_and_has_no_banned_seed(monkeypatch):
    book = StyleBook(np.random.default_rng(3))
    seeds = gallery_seeds(book, Marks(tuple(range(9)), (50,)))
    assert seeds[:6] == (8, 7, 6, 5, 4, 3)
    assert len(set(seeds)) == SIZE and not {*range(9), 50} & set(seeds[6:])
    assert len(gallery_seeds(book, Marks())) == SIZE


@pytest.mark.parametrize("shape", [(300, 400), (300, 400, 3)])
@pytest.mark.parametrize(("top", "left"), [(120, 150), (-5, -8), (290, 380)])
def test_a_tile_is_what_the_whole_image_would_show_there(shape, top, left):
    background = np.random.default_rng(1).integers(90, 120, shape).astype(np.uint8)
    mask = np.ones((30, 40), bool)
    content = PlacedContent(1, np.full((*mask.shape, 3), 0.9, np.float32), mask, top, left, 4)
    of = recipe(Defect(1, 0, encode(mask), top, left, "g"))
    shown = tile(background, content, of, EIGHT_BIT)
    whole = compose(background, [content], of.blend, of.grain, of.refine).image
    middle = top + 15 - 32, left + 20 - 32
    rows = slice(max(0, middle[0]), max(0, middle[0] + 64))
    columns = slice(max(0, middle[1]), max(0, middle[1] + 64))
    np.testing.assert_array_equal(shown, whole[rows, columns])


def test_a_large_defect_is_shown_small_and_deep_images_in_their_window():
    background = np.full((900, 900), 30000, np.uint16)
    mask = np.ones((400, 100), bool)
    content = PlacedContent(1, np.full((*mask.shape, 1), 0.9, np.float32), mask, 200, 300, 4)
    of = recipe(Defect(1, 0, encode(mask), 200, 300, "g"))
    shown = tile(background, content, of, Window(29000, 31000))
    assert shown.shape == (SIDE, SIDE) and shown.dtype == np.uint8
    assert shown[SIDE // 2, SIDE // 2] == 255 and abs(int(shown[3, 3]) - 128) < 3
