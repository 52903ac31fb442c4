"""Metrics by defect against loops over thresholds."""

import numpy as np
import pytest
from skimage.measure import label
from sklearn.metrics import auc

from defectstudio.metrics.regions import (
    FALSE_POSITIVES,
    Found,
    aupro,
    by_size,
    found,
    no_overlaps,
    overlaps,
)
from defectstudio.metrics.scores import count, nothing, scores


def scene(seed=0):
    rng = np.random.default_rng(seed)
    truth = np.zeros((60, 80), bool)
    truth[5:9, 5:30] = truth[30:50, 20:40] = truth[55, 70] = True
    levels = scores((rng.normal(-1, 1, truth.shape) + truth).astype(np.float32))
    return np.uint16(levels // 1024), truth


def test_aupro_is_that_of_a_loop_over_thresholds():
    levels, truth = scene()
    parts = label(truth, connectivity=2)
    rates, means = [0.0], [0.0]
    for level in np.unique(levels)[::-1]:
        taken = levels >= level
        rates.append(float(taken[~truth].mean()))
        means.append(float(np.mean([taken[parts == n].mean() for n in range(1, 4)])))
    inside = np.array(rates) <= FALSE_POSITIVES
    x = [*np.array(rates)[inside], FALSE_POSITIVES]
    y = [*np.array(means)[inside], np.interp(FALSE_POSITIVES, rates, means)]
    by_hand = auc(x, y) / FALSE_POSITIVES
    assert aupro(count(levels, truth), overlaps(levels, truth)) == pytest.approx(by_hand)


def test_a_perfect_model_overlaps_all_and_defects_add_up():
    levels, truth = scene()
    perfect = np.where(truth, 60000, 0).astype(np.uint16)
    assert aupro(count(perfect, truth), overlaps(perfect, truth)) == pytest.approx(1)
    top, bottom = overlaps(levels[:20], truth[:20]), overlaps(levels[20:], truth[20:])
    both, whole = top + bottom, overlaps(levels, truth)
    assert both.defects == whole.defects == 3 and np.allclose(both.shares, whole.shares)


def test_without_defects_there_is_no_figure():
    empty = np.zeros((4, 4), bool)
    assert aupro(count(np.zeros((4, 4), np.uint16), empty), no_overlaps()) is None
    full = np.ones((4, 4), bool)
    levels = np.zeros((4, 4), np.uint16)
    assert aupro(count(levels, full), overlaps(levels, full)) is None
    assert aupro(nothing(), no_overlaps()) is None and by_size([]) == []


def test_defects_are_found_by_size():
    levels, truth = scene()
    levels[:, :25] = 0
    defects = found(levels, truth, 20)
    assert sorted(one.pixels for one in defects) == [1, 100, 400]
    parts = label(truth, connectivity=2)
    hits = [int((levels[parts == n] >= 20).sum()) for n in range(1, 4)]
    assert sorted(one.hits for one in defects) == sorted(hits)
    small, middle = by_size([Found(1, 0), Found(10, 5), Found(64, 64)])
    assert (small.least_px, small.defects, small.seen) == (0, 2, 0.5)
    assert small.recall == pytest.approx(5 / 11) and middle.recall == 1
