"""Copies are found wherever they lie and however they are turned."""

import itertools

import numpy as np
import pytest

from defectstudio.metrics.alignment import (
    FLAT,
    GREY,
    OVERLAP,
    aligned_distances,
    orientations,
    overlap,
)

SIDE = 16


def _content(seed, top=5, left=4, h=6, w=7, channels=3):
    canvas = np.full((SIDE, SIDE, channels), GREY, np.float32)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top : top + h, left : left + w] = True
    canvas[mask] = np.random.default_rng(seed).random((h * w, channels), np.float32)
    return canvas, mask


def _stack(*contents):
    return tuple(np.stack(arrays) for arrays in zip(*contents, strict=True))


def _by_loops(other, also, one, mask, shift):
    """The definition, on a canvas wide enough to shift the first by slicing."""
    best = 1.0
    for mirrored, turns in itertools.product((False, True), range(4)):
        p, m = np.rot90(other, turns), np.rot90(also, turns)
        if mirrored:
            p, m = p[:, ::-1], m[:, ::-1]
        wide = np.pad(p, ((shift, shift), (shift, shift), (0, 0)), constant_values=GREY)
        wide_mask = np.pad(m, shift)
        for i, j in itertools.product(range(2 * shift + 1), repeat=2):
            q = wide[i : i + SIDE, j : j + SIDE]
            moved = wide_mask[i : i + SIDE, j : j + SIDE]
            both = mask & moved
            if both.sum() >= max(OVERLAP * min(mask.sum(), moved.sum()), 1):
                a, b = one[both] - one[both].mean(0), q[both] - q[both].mean(0)
                spread = (np.square(a).mean() + FLAT**2) * (np.square(b).mean() + FLAT**2)
                best = min(best, float(1 - (a * b).mean() / spread**0.5))
    return best


@pytest.mark.parametrize("channels", [1, 3])
def test_as_defined(channels):
    ones = [_content(n, top=3 + n, h=4 + n, channels=channels) for n in range(2)]
    others = [_content(9 + n, left=2 + 3 * n, w=5, channels=channels) for n in range(3)]
    found = aligned_distances(*_stack(*ones), *_stack(*others), shift=2)
    assert found.dtype == np.float32
    for i, j in itertools.product(range(2), range(3)):
        assert found[i, j] == pytest.approx(_by_loops(*ones[i], *others[j], 2), abs=1e-4)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_moved_turned_and_mirrored_copy_has_no_distance(turns, mirrored):
    pixels, mask = _content(1)
    copy, its = (
        np.rot90(np.roll(pixels, (2, -1), (0, 1)), turns),
        np.rot90(np.roll(mask, (2, -1), (0, 1)), turns),
    )
    if mirrored:
        copy, its = copy[::-1], its[::-1]
    one, other = _stack((pixels, mask)), _stack((copy, its))
    assert aligned_distances(*one, *other, shift=2).item() == pytest.approx(0, abs=0.02)
    if turns == 0 and not mirrored:
        assert aligned_distances(*one, *other, shift=1).item() > 0.1


def test_a_copy_cut_to_another_mask_is_a_copy():
    pixels, mask = _content(1)
    part = mask.copy()
    part[8:] = False
    cut = np.where(part[..., None], pixels, np.float32(GREY))
    found = aligned_distances(*_stack((pixels, mask)), *_stack((cut, part)), shift=0)
    assert found.item() == pytest.approx(0, abs=0.02)


def test_shapes_that_hardly_meet_are_not_compared():
    upright, level = _content(1, 1, 7, 14, 2), _content(1, 7, 1, 2, 14)
    apart = aligned_distances(*_stack(upright), *_stack(level), shift=0).item()
    assert apart < 1  # a quarter turn lays one on the other
    corner, centre = _content(1, 0, 0, 3, 3), _content(1, 6, 6, 4, 4)
    assert aligned_distances(*_stack(corner), *_stack(centre), shift=0).item() == 1


def test_a_lighter_copy_is_a_copy_and_a_flat_content_is_one_of_nothing():
    pixels, mask = _content(1)
    lighter = np.where(mask[..., None], pixels * 0.6 + 0.3, np.float32(GREY))
    flat = np.where(mask[..., None], pixels[mask].mean(0), np.float32(GREY))
    one = _stack((pixels, mask))
    assert aligned_distances(*one, *_stack((lighter, mask))).item() < 0.02
    assert aligned_distances(*one, *_stack((flat, mask))).item() > 0.95


def test_empty_masks_are_not_compared():
    empty = np.full((1, SIDE, SIDE, 1), GREY, np.float32), np.zeros((1, SIDE, SIDE), bool)
    assert aligned_distances(*empty, *empty).item() == 1


def test_eight_orientations_are_all_different():
    stack = np.arange(9.0).reshape(1, 3, 3)
    found = list(orientations(stack))
    assert len({turned.tobytes() for turned in map(np.ascontiguousarray, found)}) == 8


def test_masks_overlap_by_half_of_the_smaller():
    (_, small), (_, half), (_, apart) = (_content(0, h=4, w=4, left=left) for left in (4, 6, 7))
    whole = np.ones((SIDE, SIDE), bool)
    empty = np.zeros((SIDE, SIDE), bool)
    found = overlap(np.stack([small, empty]), np.stack([half, apart, whole, empty]))
    assert found.tolist() == [[True, False, True, False], [False] * 4]
