from __future__ import annotations

import numpy as np
import pytest

from defectstudio.metrics.visibility import visibility


def plate(channels: int = 0, dtype: type = np.uint8) -> np.ndarray:
    """Columns of 100 and 104 in turn: mean 102, standard deviation 2."""
    image = np.full((60, 60), 100, dtype)
    image[:, 1::2] = 104
    return np.repeat(image[..., None], channels, axis=2) if channels else image


def mask() -> np.ndarray:
    own = np.zeros((60, 60), bool)
    own[20:30, 20:30] = True
    return own


NONE = np.zeros((60, 60), bool)


def test_a_defect_of_one_grey_has_the_contrast_to_noise_ratio():
    image = plate()
    image[mask()] = 122
    seen = visibility(image, mask(), NONE)
    assert seen.contrast == pytest.approx(10)  # (122 - 102) / 2
    assert seen.signal == pytest.approx(100)  # of 100 pixels
    assert seen.surround == pytest.approx(102 / 255)


def test_a_defect_that_is_darker_here_and_brighter_there_counts_too():
    image = plate()
    image[20:25, 20:30], image[25:30, 20:30] = 82, 122
    assert visibility(image, mask(), NONE).contrast == pytest.approx(9)  # 18 from 100, from 104


def test_nothing_is_seen_where_nothing_is():
    assert visibility(plate(), mask(), NONE).signal == 0


def test_the_clearest_channel_counts_and_a_flat_surround_has_a_grey_level_of_noise():
    image = np.full((60, 60, 3), 50, np.uint8)
    image[mask()] = (50, 53, 50)
    assert visibility(image, mask(), NONE).contrast == pytest.approx(3)


def test_deep_images_are_measured_in_their_own_levels():
    image = plate(dtype=np.uint16) * np.uint16(257)
    image[mask()] = 122 * 257
    seen = visibility(image, mask(), NONE)
    assert seen.contrast == pytest.approx(10)
    assert seen.surround == pytest.approx(102 / 255)


def test_other_labels_are_no_surround():
    image, others = plate(), NONE.copy()
    image[mask()] = 122
    others[:, 32:] = True
    image[others] = 255
    # Its columns are not quite half of either grey.
    assert visibility(image, mask(), others).contrast == pytest.approx(10, rel=0.01)


def test_without_a_label_or_a_surround_nothing_can_be_said():
    assert visibility(plate(), NONE, NONE) is None
    assert visibility(plate(), ~NONE, NONE) is None
