"""Visible contrast, the seam, and contents scaled to a wanted contrast."""

from dataclasses import replace

import numpy as np
import pytest

from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import BlendSettings, RefineSettings
from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.contrast import Trial, strengthened, try_on
from defectstudio.imaging.masks import Box

BLEND, LABELING = BlendSettings(), RefineSettings()
WHOLE = Box(0, 0, 6, 6)


def scene(level, kind=np.uint8, sigma=3.0):
    rng = np.random.default_rng(0)
    full = np.iinfo(kind).max
    background = np.clip(rng.normal(128, sigma, (120, 150)) / 255 * full, 0, full).astype(kind)
    mask = np.zeros((40, 50), bool)
    mask[4:36, 4:46] = True
    pixels = np.full((40, 50, 1), level, np.float32)
    return background, PlacedContent(1, pixels, mask, 30, 90, 7)


def test_contrast_and_seam_of_a_hand_made_defect():
    before = np.full((6, 6), 100, np.uint8)
    before[:, ::2] = 104
    after = before.copy()
    label = np.zeros((6, 6), bool)
    label[2:4, 2:4] = True
    after[label] += 40
    trial = Trial(before, after, label, WHOLE, np.array([2.0]))
    assert trial.contrast == 40 / 2
    # across rows |40|, across columns |40 + 4| and |40 - 4|; the background: 0 and 4
    assert trial.seam == pytest.approx(40 / 2)


def test_what_is_not_labeled_has_neither():
    flat = np.full((5, 5), 9, np.uint8)
    trial = Trial(flat, flat, np.zeros((5, 5), bool), WHOLE, np.array([1.0]))
    assert (trial.contrast, trial.seam) == (0.0, 0.0)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("level", [0.3, 0.6])
@pytest.mark.parametrize("wanted", [8.0, 25.0])
def test_a_wanted_contrast_is_reached(kind, level, wanted):
    background, content = scene(level, kind)
    made = strengthened(background, content, wanted, BLEND, LABELING)
    assert try_on(background, made, BLEND, LABELING).contrast == pytest.approx(wanted, rel=0.05)
    assert made.pixels.dtype == np.float32 and made.pixels.shape == content.pixels.shape


def test_clipping_ends_at_the_nearest_contrast():
    background, content = scene(0.2)
    made = strengthened(background, content, 1000.0, BLEND, LABELING)
    assert made.pixels.min() == 0.0
    most = try_on(background, made, BLEND, LABELING).contrast
    assert try_on(background, content, BLEND, LABELING).contrast < most < 1000


def test_what_nothing_makes_visible_stays_as_it_is():
    background, content = scene(0.5, sigma=0.0)
    flat = replace(content, pixels=np.full_like(content.pixels, 128 / 255))
    assert strengthened(background, flat, 5.0, BLEND, LABELING) is flat


def test_a_defect_outside_the_image_is_refused():
    background, content = scene(0.5)
    with pytest.raises(ImageError):
        try_on(background, replace(content, top=900), BLEND, LABELING)
