"""Labels against what changed and what was painted, by hand and by scipy's distances."""

import numpy as np
import pytest
from scipy import ndimage

from defectstudio.metrics.labels import label_accuracy, summarise


def _scene(dtype=np.uint8, channels=3):
    """A background, a blend that changed columns 4..11 of rows 4..11, and the raw mask."""
    full = np.iinfo(dtype).max
    background = np.full((20, 20, channels), full // 2, dtype)
    raw = np.zeros((20, 20), bool)
    raw[4:12, 4:12] = True
    blended = background.copy()
    blended[raw] += full // 10
    return background, blended, raw


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_exact_label(dtype, channels):
    background, blended, raw = _scene(dtype, channels)
    found = label_accuracy(background, blended, raw, raw, 0.02)
    assert (found.change.iou, found.change.mean_px, found.unlabeled_change) == (1, 0, 0)
    assert (found.painted.iou, found.outside_region, found.empty) == (1, 0, False)


def test_a_label_too_small_by_hand():
    background, blended, raw = _scene()
    label = raw.copy()
    label[:, 10:] = False
    found = label_accuracy(background, blended, label, raw, 0.02)
    assert found.change.iou == pytest.approx(0.75)
    assert found.unlabeled_change == 16
    assert found.outside_region == 0


def test_the_boundary_error_is_that_of_scipys_distance_transform():
    background, blended, raw = _scene()
    label = np.zeros_like(raw)
    label[5:14, 3:10] = True

    def outline(mask):
        return mask & ~ndimage.binary_erosion(mask)

    one, other = outline(label), outline(raw)
    apart = np.concatenate(
        [
            ndimage.distance_transform_edt(~other)[one],
            ndimage.distance_transform_edt(~one)[other],
        ]
    )
    found = label_accuracy(background, blended, label, raw, 0.02)
    assert found.change.mean_px == pytest.approx(apart.mean(), abs=1e-3)
    assert found.painted == found.change


def test_changes_below_tau_are_none_but_count_outside_the_blend_region():
    background, blended, raw = _scene()
    blended[0, 0, 1] += 2
    blended[1, 1] += 40
    found = label_accuracy(background, blended, raw, raw, 0.02)
    assert found.unlabeled_change == 1
    assert found.outside_region == 2


def test_a_darker_change_counts_as_a_brighter_one():
    background, _, raw = _scene()
    blended = background.copy()
    blended[raw] -= 40
    assert label_accuracy(background, blended, raw, raw, 0.02).change.iou == 1


def test_a_summary():
    background, blended, raw = _scene()
    empty = np.zeros_like(raw)
    accuracies = [
        label_accuracy(background, blended, raw, raw, 0.02),
        label_accuracy(background, background, empty, raw, 0.02),
    ]
    found = summarise(accuracies)
    assert (found.samples, found.empty_rate) == (2, 0.5)
    assert (found.change_iou, found.painted_px) == (1, 0)
    nothing = summarise(accuracies[1:])
    assert (nothing.empty_rate, nothing.change_iou, nothing.painted_px) == (1, None, None)


def test_a_grey_image_without_a_channel_axis():
    background, blended, raw = _scene(channels=1)
    found = label_accuracy(background[..., 0], blended[..., 0], raw, raw, 0.02)
    assert found.change.iou == 1
