"""Painted planes as defects: nothing is lost, nothing is doubled, what lies apart is apart."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.app.recipes import MOST, painted_defects, parts, recipe_box, same_sample
from defectstudio.domain.recipe import Recipe
from defectstudio.imaging.masks import Box, bounding_box, decode


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_the_defects_cover_the_plane_exactly_once(seed, blobs):
    rng = np.random.default_rng(seed)
    labels = np.zeros((int(rng.integers(1, 120)), int(rng.integers(1, 120))), np.uint8)
    for _ in range(blobs):
        top, left = int(rng.integers(labels.shape[0])), int(rng.integers(labels.shape[1]))
        size = rng.integers(1, 12, 2)
        labels[top : top + size[0], left : left + size[1]] = rng.integers(1, 4)
    boxes = {value: bounding_box(labels == value) for value in np.unique(labels).tolist() if value}
    again, times = np.zeros_like(labels), np.zeros(labels.shape, int)
    for defect in painted_defects(labels, boxes):
        mask = decode(defect.mask)
        assert mask.any(axis=1)[[0, -1]].all() and mask.any(axis=0)[[0, -1]].all()
        place = Box(defect.top, defect.left, *mask.shape)
        again[place.slices][mask] = defect.class_id
        times[place.slices] += mask
    np.testing.assert_array_equal(again, labels)
    np.testing.assert_array_equal(times, labels > 0)


def test_blobs_apart_are_defects_of_their_own_and_near_ones_are_one():
    mask = np.zeros((100, 200), bool)
    mask[10:14, 10:60] = mask[80:90, 150:160] = True
    assert [place for _, place in parts(mask, Box(1000, 2000, 100, 200))] == [
        Box(1010, 2010, 4, 50), Box(1080, 2150, 10, 10)
    ]  # fmt: skip
    mask[10:14, 66:70] = True
    assert len(parts(mask, Box(0, 0, 100, 200))) == 2


def test_a_hook_around_another_part_does_not_swallow_it():
    mask = np.zeros((100, 100), bool)
    mask[0:3, :] = mask[:, 0:3] = True
    mask[60:70, 60:70] = True
    found = parts(mask, Box(0, 0, 100, 100))
    assert [int(part.sum()) for part, _ in found] == [3 * 100 + 3 * 97, 100]


def test_speckles_stay_one_defect():
    mask = np.zeros((400, 400), bool)
    mask[::40, ::40] = True
    assert mask.sum() > MOST
    assert len(parts(mask, Box(0, 0, 400, 400))) == 1


def test_recipe_box_and_sameness():
    labels = np.zeros((50, 90), np.uint8)
    labels[5:10, 5:10] = labels[40:45, 80:88] = 1
    defects = painted_defects(labels, {1: Box(5, 5, 40, 83)})
    recipe = Recipe("b", defects)
    assert recipe_box(recipe, (50, 90)) == Box(5, 5, 40, 83)
    hanging = replace(recipe, defects=(replace(defects[0], top=-3, left=-2),))
    assert recipe_box(hanging, (50, 90)) == Box(0, 0, 2, 3)
    assert same_sample(recipe, replace(recipe, versions={"numpy": "2"}))
    assert not same_sample(recipe, replace(recipe, project="other"))
