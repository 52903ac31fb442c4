"""Polygons against a point-in-polygon test, regions against SciPy's labels, cuts on a disc."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from defectstudio.imaging.masks import Box
from defectstudio.imaging.selecting import alike, cut_out, difference, polygon, region

corner = st.tuples(st.floats(-10, 40), st.floats(-10, 50)).map(lambda p: tuple(np.round(p, 2)))


def winding(points, row, column):
    """How often a closed polygon goes around a place, by the sum of angles."""
    ends = np.array(points) - (row, column)
    angles = np.arctan2(ends[:, 0], ends[:, 1])
    turns = np.diff(np.append(angles, angles[0]))
    return round(float(((turns + np.pi) % (2 * np.pi) - np.pi).sum() / (2 * np.pi)))


@settings(max_examples=60, deadline=None)
@given(st.lists(corner, min_size=3, max_size=7))
def test_a_polygon_holds_the_centres_it_winds_around(points):
    points = [(row + 0.003, column + 0.0017) for row, column in points]
    box, mask = polygon(points, (24, 32))
    whole = np.zeros((24, 32), bool)
    whole[box.slices] = mask
    expected = [[winding(points, r + 0.5, c + 0.5) != 0 for c in range(32)] for r in range(24)]
    edges = np.diff(np.vstack([points, points[:1]]), axis=0)
    if (np.abs(edges).max(axis=1) > 1e-6).all():
        assert (whole != expected).sum() <= 1, "only a centre on an edge may be told differently"


def test_a_polygon_off_the_image_is_empty():
    box, mask = polygon([(-9, -9), (-9, -5), (-5, -5)], (24, 32))
    assert mask.size == 0 and box.clipped((24, 32)) == box


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 30))
def test_a_region_is_the_part_scipy_finds(seed):
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([0, 1, 2], np.uint8), (20, 25), p=[0.5, 0.3, 0.2])
    before = labels.copy()
    row, column = (int(rng.integers(n)) for n in labels.shape)
    box, mask = region(labels, row, column)
    value = labels[row, column]
    numbers, _ = ndimage.label(labels == value, np.ones((3, 3)) if value else None)
    expected = numbers == numbers[row, column]
    whole = np.zeros(labels.shape, bool)
    whole[box.slices] = mask
    np.testing.assert_array_equal(whole, expected)
    np.testing.assert_array_equal(labels, before)
    assert mask.any(axis=0).all() and mask.any(axis=1).all()


def test_likeness_is_of_the_farthest_channel_and_connected():
    image = np.full((9, 12, 3), 5000, np.uint16)
    image[:, 6, 1] = 5300
    image[2, 2] = 60000
    apart = difference(image, 4, 2)
    assert apart[4, 6] == 300 and apart[2, 2] == 55000 and apart[4, 4] == 0
    box, mask = alike(apart, 4, 2, 299)
    assert box == Box(0, 0, 9, 6) and not mask[2, 2] and mask.sum() == 53
    assert alike(apart, 4, 2, 300)[0].width == 12
    thin = difference(image, 4, 6)
    assert alike(thin, 4, 6, 100)[0] == Box(0, 6, 9, 1), "a thin line is what it is, not its ground"


@pytest.mark.parametrize("colour", [False, True])
def test_a_cut_finds_a_disc_also_scaled_down(colour):
    rows, columns = np.mgrid[:700, :900] + 0.5
    disc = np.hypot(rows - 350, columns - 450) < 180
    grey = np.where(disc, 180, 70) + np.random.default_rng(0).normal(0, 4, disc.shape)
    picture = np.clip(grey, 0, 255).astype(np.uint8)
    picture = np.dstack([picture, picture // 2, picture]) if colour else picture
    box = Box(140, 240, 420, 430)
    found = cut_out(picture, box)
    true = disc[box.slices]
    assert found.shape == box.shape
    assert (found & true).sum() / (found | true).sum() > 0.97
    np.testing.assert_array_equal(found, cut_out(picture, box))


def test_a_rectangle_without_surroundings_is_taken_whole():
    assert cut_out(np.zeros((20, 30), np.uint8), Box(0, 0, 20, 30)).all()
