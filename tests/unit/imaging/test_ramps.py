import numpy as np
import pytest
from scipy import ndimage

from defectstudio.imaging.ramps import depth, ramp

ALL_OPEN = (1, 1, 1, 1)


def line(width):
    mask = np.zeros((40 + width, 40 + 2 * width), dtype=bool)
    mask[20 : 20 + width, 5:-5] = True
    return mask


def profile(width, ramp_px=5):
    """alpha across the middle of a straight line."""
    mask = line(width)
    return ramp(depth(mask, ALL_OPEN), ramp_px)[20 : 20 + width, 20 + width]


def test_depth_counts_from_one_at_the_rim():
    mask = np.random.default_rng(0).random((40, 50)) < 0.9

    expected = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]

    assert depth(mask, ALL_OPEN) == pytest.approx(expected, rel=1e-6)


def test_a_border_of_the_image_is_no_rim():
    mask = np.ones((5, 7), dtype=bool)

    assert depth(mask, (1, 0, 0, 0))[:, 3].tolist() == [1, 2, 3, 4, 5]
    assert depth(mask, (0, 0, 0, 1))[2].tolist() == [7, 6, 5, 4, 3, 2, 1]
    assert depth(mask, (0, 0, 0, 0)).min() > 1e6


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (1, [1]),
        (2, [1, 1]),
        (3, [1 / 1.2, 1, 1 / 1.2]),
        (5, [1 / 1.8, 1, 1, 1, 1 / 1.8]),
        (9, [1 / 3, 2 / 3, 1, 1, 1, 1, 1, 2 / 3, 1 / 3]),
    ],
)
def test_thin_lines_keep_their_contrast(width, expected):
    assert profile(width) == pytest.approx(expected, rel=1e-5)


def test_wide_parts_have_the_full_ramp():
    assert profile(40)[:6] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1], rel=1e-5)
    assert profile(40, ramp_px=2)[:3] == pytest.approx([0.5, 1, 1], rel=1e-5)
    assert profile(90, ramp_px=20)[:20] == pytest.approx(np.arange(1, 21) / 20, rel=1e-5)


def test_a_thin_line_near_a_wide_part_is_judged_by_itself():
    mask = line(3)
    mask = np.pad(mask, ((0, 30), (0, 0)))
    mask[26:] = True

    share = ramp(depth(mask, ALL_OPEN), 5)

    assert share[20:23, 23] == pytest.approx([1 / 1.2, 1, 1 / 1.2], rel=1e-5)


def test_alpha_is_zero_outside_and_mirrors_with_the_mask():
    noise = ndimage.gaussian_filter(np.random.default_rng(4).normal(size=(60, 80)), 3)
    mask = noise > 0

    share = ramp(depth(mask, ALL_OPEN), 5)
    turned = ramp(depth(np.ascontiguousarray(mask[::-1].T), ALL_OPEN), 5)

    assert share.dtype == np.float32
    assert not share[~mask].any()
    assert np.all((share[mask] > 0) & (share[mask] <= 1))
    assert np.array_equal(turned, share[::-1].T)
