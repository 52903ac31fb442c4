"""Where a prediction is right and wrong: every level against the pixels it stands for."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from defectstudio.app.outcomes import ALARM, FULL, HIT, MISS, VOID, Outcomes
from defectstudio.domain.errors import ImageError
from defectstudio.imaging.masks import Box

SIDES = st.tuples(st.integers(1, 30), st.integers(1, 30))


def plain(probability, label, threshold):
    """The codes of all pixels, one rule after the other."""
    said = probability >= max(1, np.ceil(threshold * FULL - 1e-6))
    defect, held = (label > 0) & (label != VOID), label != VOID
    codes = np.zeros(label.shape, np.uint8)
    codes[said & defect], codes[said & ~defect & held], codes[~said & defect] = HIT, ALARM, MISS
    return codes


@given(st.data(), SIDES, st.floats(0.001, 1.0))
def test_codes_and_tallies_are_those_of_the_pixels(data, size, threshold):
    probability = data.draw(arrays(np.uint16, size))
    label = data.draw(arrays(np.uint8, size, elements=st.sampled_from([0, 0, 1, 2, VOID])))
    outcomes, codes = Outcomes(probability, label), plain(probability, label, threshold)
    whole = Box(0, 0, *size)
    np.testing.assert_array_equal(outcomes.codes(0, whole, threshold), codes)
    np.testing.assert_array_equal(outcomes.heat(0, whole), probability)
    tally = outcomes.tally(threshold)
    counts = [(codes == code).sum() for code in (HIT, ALARM, MISS)]
    assert [tally.hits, tally.alarms, tally.misses] == counts
    part = Box(size[0] // 2, size[1] // 3, size[0] - size[0] // 2, size[1] - size[1] // 3)
    np.testing.assert_array_equal(outcomes.codes(0, part, threshold), codes[part.slices])


@pytest.mark.parametrize("size", [(700, 515), (257, 1030)])
def test_a_cell_shows_the_gravest_of_its_pixels(size):
    rng = np.random.default_rng(4)
    probability = rng.integers(0, FULL + 1, size).astype(np.uint16)
    label = np.where(rng.random(size) < 0.01, 3, 0).astype(np.uint8)
    label[10:20, 10:20] = VOID
    outcomes = Outcomes(probability, label)
    codes = plain(probability, label, 0.97)
    assert outcomes.levels >= 2
    for level in range(1, outcomes.levels):
        cell = 1 << level
        height, width = (-(-side // cell) for side in size)
        padded = np.zeros((height * cell, width * cell), np.uint8)
        padded[: size[0], : size[1]] = codes
        gravest = padded.reshape(height, cell, width, cell).max(axis=(1, 3))
        told = outcomes.codes(level, Box(0, 0, height, width), 0.97)
        np.testing.assert_array_equal(told, gravest)
        assert outcomes.heat(level, Box(0, 0, height, width)).shape == (height, width)


def test_a_lonely_missed_pixel_is_seen_from_afar():
    label = np.zeros((1024, 1024), np.uint8)
    label[501, 700] = 1
    outcomes = Outcomes(np.zeros((1024, 1024), np.uint16), label)
    level = outcomes.levels - 1
    side = -(-1024 // (1 << level))
    assert (outcomes.codes(level, Box(0, 0, side, side), 0.5) == MISS).sum() == 1


def test_what_does_not_fit_is_refused():
    label = np.zeros((4, 5), np.uint8)
    with pytest.raises(ImageError, match=r"5 x 4 of uint8, the label"):
        Outcomes(np.zeros((4, 5), np.uint8), label)
    with pytest.raises(ImageError, match="Judge the segmenter again"):
        Outcomes(np.zeros((4, 6), np.uint16), label)


def test_a_megapixel_follows_a_slider():
    rng = np.random.default_rng(0)
    outcomes = Outcomes(
        rng.integers(0, FULL, (1000, 1000)).astype(np.uint16), np.ones((1000, 1000), np.uint8)
    )
    taken = []
    for threshold in np.linspace(0.1, 0.9, 9):
        began = time.process_time()
        outcomes.codes(0, Box(0, 0, 1000, 1000), threshold)
        outcomes.tally(threshold)
        taken.append(time.process_time() - began)
    assert np.median(taken) < 0.05
