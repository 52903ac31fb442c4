"""Painted planes as defects: nothing is lost, nothing is doubled, what lies apart is apart."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.app.label_plane import LabelPlane
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
    for defect in painted_defects(LabelPlane(labels), boxes):
        mask = decode(defect.mask)
        assert mask.any(axis=1)[[0, -1]].all() and mask.any(axis=0)[[0, -1]].all()
        place = Box(defect.top, defect.left, *mask.shape)
        again[place.slices][mask] = defect.class_id
        times[place.slices] += mask
    np.testing.assert_array_equal(again, labels)
    np.testing.assert_array_equal(times, labels > 0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1200), st.integers(0, 900))
def test_blobs_apart_are_defects_of_their_own_and_near_ones_are_one(top, left):
    labels = np.zeros((2300, 2000), np.uint8)
    mask = labels[top : top + 1100, left : left + 1100]
    mask[10:14, 10:60] = mask[1080:1090, 750:760] = 3
    box = Box(top, left, 1100, 1100)
    assert [place for _, place in parts(LabelPlane(labels), 3, box)] == [
        Box(top + 10, left + 10, 4, 50), Box(top + 1080, left + 750, 10, 10)
    ]  # fmt: skip
    mask[10:14, 66:70] = 3
    assert len(parts(LabelPlane(labels), 3, box)) == 2


def test_a_hook_around_another_part_does_not_swallow_it():
    labels = np.zeros((100, 100), np.uint8)
    labels[0:3, :] = labels[:, 0:3] = 1
    labels[60:70, 60:70] = 1
    found = parts(LabelPlane(labels), 1, Box(0, 0, 100, 100))
    assert [int(part.sum()) for part, _ in found] == [3 * 100 + 3 * 97, 100]


def test_speckles_stay_one_defect():
    labels = np.zeros((400, 400), np.uint8)
    labels[::40, ::40] = 1
    assert labels.sum() > MOST
    assert len(parts(LabelPlane(labels), 1, Box(0, 0, 400, 400))) == 1


def test_recipe_box_and_sameness():
    labels = np.zeros((50, 90), np.uint8)
    labels[5:10, 5:10] = labels[40:45, 80:88] = 1
    defects = painted_defects(LabelPlane(labels), {1: Box(5, 5, 40, 83)})
    recipe = Recipe("b", defects)
    assert recipe_box(recipe, (50, 90)) == Box(5, 5, 40, 83)
    hanging = replace(recipe, defects=(replace(defects[0], top=-3, left=-2),))
    assert recipe_box(hanging, (50, 90)) == Box(0, 0, 2, 3)
    assert same_sample(recipe, replace(recipe, versions={"numpy": "2"}))
    assert not same_sample(recipe, replace(recipe, project="other"))
