"""Contents without their colour or a part of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.evaluation.altered import Altered, Altering, cut_off
from defectstudio.synthesis.generators.content import Content


class Made:
    """Stands for a generator."""

    card, fills_mask = "card", True

    def generate(self, class_id, seed, mask, surface):
        rng = np.random.default_rng([class_id, seed])
        return Content(rng.random((*mask.shape, surface.shape[2]), np.float32), mask)


MASK = np.zeros((20, 30), bool)
MASK[3:17, 4:26] = True


def test_grey_contents_have_the_same_luminance():
    surface = np.zeros((20, 30, 3), np.float32)
    own = Made().generate(1, 5, MASK, surface)
    grey = Altered(Made(), Altering(grey=True)).generate(1, 5, MASK, surface)
    assert np.ptp(grey.pixels, axis=2).max() == 0 and (grey.raw_mask == MASK).all()
    luminance = own.pixels @ np.array([0.299, 0.587, 0.114])
    assert grey.pixels[..., 0] == pytest.approx(luminance, abs=1e-6)


@given(st.floats(0, 0.9), st.integers(0, 99))
def test_what_is_cut_off_is_so_large_lies_at_one_side_and_follows_from_the_seed(share, seed):
    kept = cut_off(MASK, share, np.random.default_rng(seed))
    assert not (kept & ~MASK).any()
    assert kept.sum() == MASK.sum() - int(share * MASK.sum())
    gone = MASK & ~kept
    if gone.any():
        # A straight line parts what is kept from what is gone.
        apart = np.argwhere(gone).mean(0) - np.argwhere(kept).mean(0)
        assert np.linalg.norm(apart) > 2
    again = cut_off(MASK, share, np.random.default_rng(seed))
    assert (again == kept).all()


def test_cuts_change_with_the_seed_of_the_content():
    altered = Altered(Made(), Altering(cut=0.4))
    surface = np.zeros((20, 30, 1), np.float32)
    one, other = (altered.generate(1, seed, MASK, surface).raw_mask for seed in (1, 2))
    assert (one != other).any() and (one == altered.generate(1, 1, MASK, surface).raw_mask).all()
