"""Shapes of real defects keep how they lay at the border of their picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.domain.specs import PlacementSettings
from defectstudio.imaging.placement import Refusal, place
from defectstudio.imaging.shapes import FREE, Edges, Shape, shapes_in

SIZE = (60, 80)


@given(top=st.integers(0, 50), left=st.integers(0, 70), seed=st.integers(0, 99), flip=st.booleans())
def test_a_shape_is_laid_as_near_to_a_border_as_it_lay(top, left, seed, flip):
    label = np.zeros(SIZE, np.uint8)
    label[top : top + 6, left : left + 9] = 3
    label[top, left : left + 3] = 0  # an outline that is not its own mirror image
    [shape] = shapes_in(label, 3)
    gaps = top, 60 - min(60, top + 6), left, 80 - min(80, left + 9)
    near = [gap <= 0.06 * side for gap, side in zip(gaps, (60, 60, 80, 80), strict=True)]
    own = shape.edges
    found = own.top, own.bottom, own.left, own.right
    assert found == tuple(gap if at else None for gap, at in zip(gaps, near, strict=True))

    rng = np.random.default_rng(seed)
    laid = shape.warped(rng, scale=1.0, turn=0.0, flip=flip)
    where = place(laid.mask, None, np.zeros(SIZE, bool), SIZE, PlacementSettings(), rng, laid.edges)
    placed = np.zeros(SIZE, bool)
    placed[where[0] : where[0] + laid.mask.shape[0], where[1] : where[1] + laid.mask.shape[1]] = (
        laid.mask
    )
    ways = [label > 0]
    if flip:
        ways += [ways[0][::-1], ways[0][:, ::-1], ways[0][::-1, ::-1]]
    rows, columns = any(near[:2]), any(near[2:])
    assert any(
        (not rows or np.array_equal(placed.any(axis=1), way.any(axis=1)))
        and (not columns or np.array_equal(placed.any(axis=0), way.any(axis=0)))
        for way in ways
    )
    assert placed.sum() == (label > 0).sum()


def test_a_shape_of_a_border_is_not_turned():
    bar = np.ones((3, 20), bool)
    held = Shape(bar, Edges(bottom=0)).warped(
        np.random.default_rng(0), scale=1.0, turn=180.0, flip=False
    )
    assert np.array_equal(held.mask, bar)
    free = Shape(bar).warped(np.random.default_rng(0), scale=1.0, turn=180.0, flip=False)
    assert free.edges == FREE and free.mask.shape != bar.shape


@pytest.mark.parametrize(
    ("edges", "place_of_box"),
    [
        (Edges(top=1, bottom=3), (1, None)),  # of two borders the nearer one
        (Edges(top=3, bottom=1), (60 - 1 - 4, None)),
        (Edges(left=0), (None, 0)),
        (Edges(bottom=0, right=2), (56, 80 - 2 - 5)),
    ],
)
def test_the_margin_gives_way_to_a_border_and_only_there(edges, place_of_box):
    mask, settings, rng = np.ones((4, 5), bool), PlacementSettings(), np.random.default_rng(0)
    nothing = np.zeros(SIZE, bool)
    found = {place(mask, None, nothing, SIZE, settings, rng, edges) for _ in range(200)}
    for axis, (wanted, last) in enumerate(zip(place_of_box, (60 - 4, 80 - 5), strict=True)):
        places = {one[axis] for one in found}
        assert places == {wanted} if wanted is not None else (min(places), max(places)) >= (2, 2)
        assert wanted is not None or max(places) <= last - 2


def test_what_is_too_large_for_its_border_says_so():
    mask, nothing = np.ones((59, 3), bool), np.zeros(SIZE, bool)
    found = place(
        mask, None, nothing, SIZE, PlacementSettings(), np.random.default_rng(0), Edges(top=2)
    )
    assert found is Refusal.TOO_LARGE
    assert Edges(top=4, right=7).scaled(0.5) == Edges(top=2, right=4)


def test_what_crosses_a_picture_is_cut_to_a_smaller_one():
    mask = np.arange(80 * 20).reshape(80, 20) % 7 > 0
    near_top, near_bottom = Edges(top=0, bottom=2, left=1), Edges(top=2, bottom=1)
    assert np.array_equal(Shape(mask, near_top).cut_to(SIZE).mask, mask[:60])
    assert np.array_equal(Shape(mask, near_bottom).cut_to(SIZE).mask, mask[-59:])
    assert np.array_equal(Shape(mask[:30], near_bottom).cut_to(SIZE).mask, mask[:30])
    assert np.array_equal(Shape(mask, Edges(top=0)).cut_to(SIZE).mask, mask)


@given(st.integers(20, 200), st.integers(0, 4), st.integers(0, 4), st.integers(0, 99))
def test_what_crosses_its_picture_crosses_another(side, near, far, seed):
    """However small it was to be; where that would take too much it stays as it is."""
    shape = Shape(np.ones((60 - near - far, 9), bool), Edges(top=near, bottom=far))
    scale = shape.scale_across((side, 50), 0.5, 4.0)
    laid = shape.warped(np.random.default_rng(seed), scale=scale, turn=0.0, flip=True)
    cut = laid.cut_to((side, 50))
    assert cut.mask.shape[0] >= side - near - far
    assert shape.scale_across((side, 50), 0.01, 0.02) == 0.01
    assert Shape(shape.mask, Edges(top=0)).scale_across((side, 50), 0.5, 4.0) == 0.5


@pytest.mark.parametrize("edges", [Edges(top=0, bottom=0), Edges(top=1, bottom=0, right=0)])
def test_what_is_cut_lies_in_its_picture_and_nowhere_outside(edges):
    mask = np.zeros((80, 20), bool)
    mask[:70, 10] = mask[60:, :] = True  # what is left of it is narrower than it was
    laid = Shape(mask, edges).cut_to(SIZE)
    rng, nothing = np.random.default_rng(0), np.zeros(SIZE, bool)
    for _ in range(40):
        top, left = place(laid.mask, None, nothing, SIZE, PlacementSettings(), rng, laid.edges)
        assert min(top, left) >= 0
        assert top + laid.mask.shape[0] <= 60 and left + laid.mask.shape[1] <= 80
