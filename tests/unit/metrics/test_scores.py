"""Pixel metrics from histograms against scikit-learn, and what is asked of extremes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from defectstudio.domain.errors import UserError
from defectstudio.metrics.scores import (
    LEVELS,
    Confusion,
    auroc,
    average_precision,
    best_f1,
    confusion,
    count,
    f1_by_level,
    level_of,
    nothing,
    precision_recall,
    probability_of,
    roc,
    scores,
)


def drawn(seed, shape=(90, 70), share=0.1, apart=1.5):
    """Logits that tell some of the truth, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.random(shape) < share
    logits = rng.normal(0, 2, shape) + apart * truth - 3
    return logits.astype(np.float32), truth


@given(st.integers(0, 1000), st.floats(0.01, 0.9), st.floats(-1, 6))
def test_areas_are_those_of_scikit_learn(seed, share, apart):
    logits, truth = drawn(seed, (40, 30), share, apart)
    if truth.all() or not truth.any():
        return
    levels = scores(logits)
    counts = count(levels, truth)
    area = auroc(counts)
    of_levels = sk.roc_auc_score(truth.ravel(), levels.ravel().astype(float))
    assert area.value == pytest.approx(of_levels, abs=1e-12)
    whole = sk.roc_auc_score(truth.ravel(), logits.ravel())
    assert abs(area.value - whole) <= area.bound + 1e-12 and area.bound < 1e-3
    ap = sk.average_precision_score(truth.ravel(), levels.ravel().astype(float))
    assert average_precision(counts) == pytest.approx(ap, abs=1e-12)


def test_threshold_figures_are_those_of_scikit_learn():
    logits, truth = drawn(0)
    levels = scores(logits)
    counts = count(levels, truth)
    for probability in (0.02, 0.5, 0.9):
        taken = logits >= np.log(probability / (1 - probability))
        found = confusion(counts, level_of(probability))
        assert found.f1 == pytest.approx(sk.f1_score(truth.ravel(), taken.ravel()), abs=2e-3)
        iou = sk.jaccard_score(truth.ravel(), taken.ravel())
        assert found.iou == pytest.approx(iou, abs=2e-3)
    precision, recall, _ = sk.precision_recall_curve(truth.ravel(), levels.ravel())
    best = np.max(2 * precision * recall / (precision + recall))
    assert best_f1(counts) == pytest.approx(best)
    by_level = f1_by_level(counts)
    assert by_level.max() == pytest.approx(best)
    for level in (1, int(by_level.argmax()), LEVELS // 2):
        wanted = sk.f1_score(truth.ravel(), levels.ravel() >= level)
        assert by_level[level] == pytest.approx(wanted)


def test_images_add_up_and_ignored_pixels_do_not_count():
    logits, truth = drawn(1)
    levels = scores(logits)
    halves = count(levels[:40], truth[:40]) + count(levels[40:], truth[40:])
    whole = count(levels, truth)
    assert np.array_equal(halves.positive, whole.positive)
    assert np.array_equal(halves.negative, whole.negative)
    ignored = np.zeros_like(truth)
    ignored[:40] = True
    rest = count(levels, truth, ignored)
    assert np.array_equal(rest.negative, count(levels[40:], truth[40:]).negative)
    assert Confusion(1, 2, 3) + Confusion(4, 5, 6) == Confusion(5, 7, 9)


def test_a_model_that_says_nothing_or_all_has_defined_figures():
    truth = drawn(2)[1]
    for fill in (-50.0, 0.0, 50.0):
        counts = count(scores(np.full(truth.shape, fill, np.float32)), truth)
        assert auroc(counts).value == auroc(counts).bound == 0.5
        assert average_precision(counts) == pytest.approx(truth.mean())
        all_taken = confusion(counts, 0)
        assert all_taken.misses == 0 and all_taken.f1 == pytest.approx(best_f1(counts))
        assert confusion(counts, LEVELS).f1 == 0


def test_without_positives_or_negatives_there_is_no_area():
    levels = scores(drawn(3)[0])
    none, every = (count(levels, np.full(levels.shape, x)) for x in (False, True))
    assert auroc(none) is None and average_precision(none) is None and best_f1(none) is None
    assert auroc(every) is None and average_precision(every) == 1
    assert confusion(none, LEVELS).f1 is None and confusion(none, LEVELS).iou is None
    assert auroc(nothing()) is None


def test_a_wrong_size_and_what_is_no_number_are_said():
    with pytest.raises(UserError, match="prediction is 5x4, its label 4x4"):
        count(np.zeros((4, 5), np.uint16), np.zeros((4, 4), bool))
    with pytest.raises(UserError, match="not a number"):
        scores(np.array([0.0, np.nan], np.float32))


@given(st.floats(1e-6, 1 - 1e-6))
def test_levels_and_probabilities_are_each_others_inverse(probability):
    level = level_of(probability)
    assert abs(probability_of(level) - probability) < 3e-4
    logit = np.float32(np.log(probability / (1 - probability)))
    assert abs(int(scores(np.array([logit]))[0]) - level) <= 1


def test_the_ends_of_the_scale():
    assert level_of(0) == 0 and level_of(1) == LEVELS
    assert scores(np.array([-np.inf, np.inf], np.float32)).tolist() == [0, LEVELS - 1]


def test_curves_are_those_of_scikit_learn():
    logits, truth = drawn(4)
    levels = np.uint16(scores(logits) // 512)
    rate, recall = roc(count(levels, truth))
    x, y, _ = sk.roc_curve(truth.ravel(), levels.ravel().astype(float), drop_intermediate=False)
    assert np.interp(x, rate, recall) == pytest.approx(np.interp(x, x, y), abs=1e-9)
    assert sk.auc(rate, recall) == pytest.approx(sk.auc(x, y), abs=1e-12)
    recall, precision = precision_recall(count(levels, truth))
    own = set(zip(recall.round(9).tolist(), precision.round(9).tolist(), strict=True))
    p, r, _ = sk.precision_recall_curve(truth.ravel(), levels.ravel().astype(float))
    assert set(zip(r.round(9).tolist(), p.round(9).tolist(), strict=True)) <= own
    nobody = np.zeros_like(truth)
    assert roc(count(levels, nobody)) is roc(count(levels, ~nobody)) is None
    assert precision_recall(count(levels, nobody)) is None


@given(st.integers(0, LEVELS - 1))
def test_a_level_is_that_of_its_own_probability(level):
    assert level_of(probability_of(level)) == level
