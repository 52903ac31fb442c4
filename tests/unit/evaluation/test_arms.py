"""Which generators are one arm, its name, and the sentence on it."""

from dataclasses import replace

import numpy as np
import pytest

from defectstudio.evaluation.arms import POOLED, GeneratorFigures, arm_key, as_arm
from defectstudio.evaluation.copies import Unseen
from defectstudio.evaluation.figures import Figures
from defectstudio.evaluation.steering import Steering
from defectstudio.evaluation.verdicts import verdict, with_sentences
from defectstudio.metrics.kid import Kid
from defectstudio.metrics.labels import LabelSummary
from defectstudio.metrics.memorising import Memorising

NOTHING = Figures(2, 2, 2, None, None, None, None, None, None, None, Steering())


def _kid(mean, deviation=0.01):
    return replace(NOTHING, kid=Kid(mean, deviation, 2, 2, 2, 0.0, 0.01, 0.02))


def _arm(name, *figures, kind="dcdganc", seen=0, asked=""):
    generators = [
        GeneratorFigures(f"{name}-{n}", kind, n, 1, "w", 1, "train", asked, seen, {POOLED: one})
        for n, one in enumerate(figures)
    ]
    return as_arm(generators, np.random.default_rng(0))


def test_only_the_seed_may_differ(fake):
    keys = {arm_key(fake("a", seed=seed).card) for seed in range(3)}
    assert len(keys) == 1
    assert arm_key(replace(fake("a").card, step=8)) not in keys
    assert arm_key(fake("a", trained_on=["x"]).card) not in keys
    assert arm_key(replace(fake("a").card, trained_on=("x", "y"))) == arm_key(
        replace(fake("a").card, trained_on=("y", "x"))
    )


@pytest.mark.parametrize(
    ("names", "wanted"),
    [(["net"], "net"), (["net-s0", "net-s1"], "net"), (["net_seed1", "net_seed12"], "net"),
     (["one", "two"], "dcdganc"), (["net 1", "net 2"], "net"), (["a7"], "a7")],
)  # fmt: skip
def test_names(names, wanted):
    generators = [GeneratorFigures(n, "dcdganc", 0, 1, "w", 1, "train", "", 0, {POOLED: NOTHING})
                  for n in names]  # fmt: skip
    assert as_arm(generators, np.random.default_rng(0)).name == wanted


def test_a_figure_that_is_unknown_for_one_seed_is_left_out():
    arm = _arm("a", _kid(1.0), NOTHING)
    assert "kid" not in arm.intervals[POOLED]


def test_verdicts():
    paste = _arm("paste", _kid(0.10), kind="paste")
    cases = {0.05: "beats", 0.20: "does not beat", 0.105: "cannot be told apart from"}
    for mean, wanted in cases.items():
        assert verdict(_arm("a", _kid(mean)), paste) == wanted
    assert verdict(_arm("a", _kid(0.05), _kid(0.12)), paste) == "cannot be told apart from"
    assert verdict(_arm("a", NOTHING), paste) is None


def test_sentences():
    labels = LabelSummary(2, 0.5, None, None, None, None, 0.0, 3)
    arms = [
        _arm("paste", _kid(0.1), kind="paste"),
        _arm("good", _kid(0.01), _kid(0.02), asked="net"),
        _arm("bad", replace(_kid(0.5), labels=labels), seen=2),
        _arm("bare", NOTHING),
    ]
    paste, good, bad, bare = (arm.sentence for arm in with_sentences(arms, "net", {}))
    assert "the control" in paste
    assert good.startswith("good (2 seeds): pooled KID 0.0150 (0.0100 to 0.0200); it beats paste")
    assert "asked the very network" in good
    assert "asked" not in with_sentences(arms, "other", {})[1].sentence
    assert "does not beat paste (0.1000)" in bad
    assert "50.0% of its samples are empty" in bad
    assert "outside the blend region" in bad
    assert "worthless" in bad
    assert "too few held-out defects" in bare
    assert "no paste to compare with" in with_sentences(arms[1:], "other", {})[0].sentence


def test_a_share_of_copies_stands_beside_that_of_unseen_real_contents():
    def share(value):
        return Memorising((), (), 1.0, value)

    copying = replace(NOTHING, copies_pixels=share(0.05), copies_features=share(0.2))
    arms = [
        _arm("copying", copying),
        _arm("fresh", replace(copying, copies_features=share(0.1))),
        _arm("cheat", copying, seen=2),
    ]
    arms = [replace(a, intervals={**a.intervals, "hole": {}, "cut": {}}) for a in arms]
    real = {
        "hole": Unseen(share(0.4), share(0.5)),
        "cut": Unseen(share(0.4), share(0.0)),
        "glue": Unseen(share(0.4), share(1.0)),
    }

    copied, fresh, cheat = (arm.sentence for arm in with_sentences(arms, "net", real))

    assert "20% of its contents lie suspiciously near" in copied
    assert "by their features (of real ones that it never saw: 25%)" in copied
    assert "suspiciously" not in fresh
    assert "never saw" not in cheat
    for nothing in ({}, {"hole": Unseen(None, None)}, {"hole": Unseen(share(None), share(None))}):
        assert "never saw" not in with_sentences(arms, "net", nothing)[0].sentence
