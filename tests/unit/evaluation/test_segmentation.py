"""Figures of a segmenter against scikit-learn, class by class, and what is undefined."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from defectstudio.domain.errors import UserError
from defectstudio.evaluation.segmentation import HALF, POOLED, Judgement, threshold
from defectstudio.metrics.scores import LEVELS, count, f1_by_level, nothing, scores
from defectstudio.training.crops import VOID

CLASSES = {2: "crack", 7: "hole"}


def images(outputs=1, seed=0):
    """Two of each class, two without a defect: levels, label, group."""
    rng = np.random.default_rng(seed)
    made = []
    for n, class_id in enumerate([2, 2, 7, 7, 0, 0]):
        label = np.zeros((40, 50), np.uint8)
        if class_id:
            label[5:15, 5 + n : 20 + n] = class_id
        logits = rng.normal(-2, 1.5, (40, 50, outputs))
        for place, known in enumerate(CLASSES):
            logits[..., place % outputs] += 4 * (label == known)
        made.append((scores(logits.astype(np.float32)), label, f"part {n // 2}"))
    return made


def judged(made, kept=HALF):
    judgement = Judgement(CLASSES, kept)
    for levels, label, group in made:
        judgement.add(levels, label, group)
    return judgement.figures(np.random.default_rng(0))


@pytest.mark.parametrize("outputs", [1, 2])
def test_figures_of_classes_are_those_of_their_images_and_the_good_ones(outputs):
    made = images(outputs)
    found = judged(made)
    f1s = []
    for place, (class_id, name) in enumerate(CLASSES.items()):
        own = [m for m in made if (m[1] == class_id).any() or not m[1].any()]
        levels = np.concatenate([m[0][..., place % outputs].ravel() for m in own])
        truth = np.concatenate([(m[1] == class_id).ravel() for m in own])
        scores_ = found.classes[name]
        assert scores_.images == 4 and scores_.defects == 2
        assert scores_.auroc.value == pytest.approx(roc_auc_score(truth, levels.astype(float)))
        f1s.append(f1_score(truth, levels >= HALF))
        assert scores_.f1_half == pytest.approx(f1s[-1])
        assert scores_.f1_oracle >= scores_.f1_half and 0 < scores_.aupro <= 1
    assert found.mean_f1_half == pytest.approx(np.mean(f1s))
    assert found.interval_half.low <= found.mean_f1_half <= found.interval_half.high
    pooled = found.classes[POOLED]
    assert pooled.images == 6 and pooled.defects == 4
    levels = np.concatenate([m[0].max(axis=2).ravel() for m in made])
    truth = np.concatenate([(m[1] > 0).ravel() for m in made])
    assert pooled.f1_half == pytest.approx(f1_score(truth, levels >= HALF))
    assert found.image_auroc.value > 0.5 and 0 < found.image_f1 <= 1


def test_void_pixels_count_for_nothing():
    levels, label, group = images()[0]
    cut = label.copy()
    cut[:, 25:] = VOID
    found = judged([(levels, cut, group)]).classes[POOLED]
    rest = judged([(levels[:, :25], label[:, :25], group)]).classes[POOLED]
    assert (found.auroc, found.f1_half) == (rest.auroc, rest.f1_half)


def test_a_test_set_without_defects_has_no_figures_but_says_so():
    found = judged(images()[4:])
    assert found.mean_f1_half is None and found.interval_half is None
    assert found.image_auroc is None and found.image_f1 is None
    assert found.classes[POOLED].auroc is None and found.classes["crack"].defects == 0
    assert judged([]).mean_f1_kept is None


@pytest.mark.parametrize("fill", [0, LEVELS - 1])
def test_a_model_that_finds_nothing_or_everything_has_figures(fill):
    made = [(np.full_like(levels, fill), label, group) for levels, label, group in images()]
    found = judged(made)
    pooled = found.classes[POOLED]
    assert pooled.auroc.value == 0.5 and found.image_auroc.value == 0.5
    share = np.mean([label > 0 for _, label, _ in made])
    wanted = 0 if fill == 0 else 2 * share / (1 + share)
    assert pooled.f1_half == pytest.approx(wanted)


def test_a_prediction_of_another_size_is_refused():
    levels, label, group = images()[0]
    with pytest.raises(UserError, match="prediction is 50x30, its label 50x40"):
        Judgement(CLASSES, HALF).add(levels[:30], label, group)


def unequal(seed=0):
    """A large class that is told apart at low scores, a small one at high ones alone."""
    rng = np.random.default_rng(seed)
    made = []
    for class_id, side, logit in ((2, 30, -1.0), (7, 4, 3.0), (0, 0, 0.0)):
        label = np.zeros((40, 50), np.uint8)
        label[3 : 3 + side, 3 : 3 + side] = class_id
        logits = rng.normal(-3, 1.2, (40, 50, 1)) + (logit + 3) * (label > 0)[..., None]
        made.append((scores(logits.astype(np.float32)), label, f"part {class_id}"))
    return made


@pytest.mark.parametrize("made", [images(seed=4), images(2, seed=4), unequal()])
def test_the_threshold_is_that_of_the_best_mean_f1_on_validation(made):
    kept = threshold([(levels, label) for levels, label, _ in made], list(CLASSES))
    best = judged(made, kept).mean_f1_kept
    rivals = np.linspace(1, LEVELS - 1, 150).astype(int)
    assert best >= max(judged(made, int(level)).mean_f1_kept for level in rivals)
    assert best > judged(made).mean_f1_half


def test_a_large_class_does_not_rule_the_threshold():
    """The best pooled F1 lies where the small class is lost among false alarms."""
    made = unequal()
    kept = threshold([(levels, label) for levels, label, _ in made], list(CLASSES))
    pooled = sum((count(levels[..., 0], label > 0) for levels, label, _ in made), nothing())
    ruled = judged(made, int(f1_by_level(pooled).argmax()))
    found = judged(made, kept)
    assert found.mean_f1_kept > ruled.mean_f1_kept + 0.05
    assert found.classes["hole"].f1_kept > ruled.classes["hole"].f1_kept + 0.1


def test_without_a_defect_the_threshold_is_a_half():
    good = [(levels, label) for levels, label, _ in images()[4:]]
    assert threshold(good, list(CLASSES)) == HALF
    assert threshold([], list(CLASSES)) == HALF
