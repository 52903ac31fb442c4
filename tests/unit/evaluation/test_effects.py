"""What made defects are worth, by hand."""

from types import SimpleNamespace

import pytest

from defectstudio.evaluation.effects import effects, paired


def outcome(arm, seed, f1, partition=0):
    figures = SimpleNamespace(mean_f1_half=f1)
    return SimpleNamespace(
        arm=arm, architecture="unet", partition=partition, seed=seed, figures=figures
    )


def found(*by_arm):
    made = [outcome(arm, n, f1) for arm, own in by_arm for n, f1 in enumerate(own)]
    return {one.arm: one for one in effects(made, "Raw", 0)}


def test_arms_are_held_against_raw_seed_by_seed():
    one = found(("Raw", [0.5, 0.6, 0.4]), ("glue", [0.55, 0.66, 0.47]), ("bad", [0.4, 0.4, 0.3]))
    assert one["Raw"].difference is None and one["Raw"].sentence.endswith("classes 0.500.")
    assert one["glue"].difference.values == pytest.approx((0.05, 0.06, 0.07))
    assert one["glue"].verdict == "helps, on this split" and "+0.060 to Raw" in one["glue"].sentence
    assert one["bad"].verdict == "harms, on this split"


def test_what_varies_or_is_seldom_shows_no_effect():
    one = found(("Raw", [0.5, 0.6, 0.4]), ("glue", [0.6, 0.5, 0.5]))
    assert one["glue"].verdict == "no effect shown"
    two = found(("Raw", [0.5, 0.6]), ("glue", [0.6, 0.7]))
    assert two["glue"].verdict == "too few repeats to tell"


def test_undefined_figures_are_said():
    one = found(("Raw", [None, None, None]), ("glue", [0.5, None, 0.4]))
    assert "no figure" in one["Raw"].sentence
    assert one["glue"].difference is None and one["glue"].mean_f1.mean == pytest.approx(0.45)


def test_pairs_are_of_one_split_and_several_splits_say_more():
    raw = {0: [0.5, 0.6], 1: [0.2, 0.3], 2: [0.8, 0.7]}
    gain = {0: [0.1, 0.2], 1: [0.02, 0.04], 2: [0.05, 0.05]}

    def one(partitions):
        made = [
            outcome(arm, seed, raw[p][seed] + (gain[p][seed] if arm == "glue" else 0), p)
            for arm in ("Raw", "glue")
            for p in partitions
            for seed in range(2)
        ]
        return effects(made, "Raw", 0)[1]

    every = one([0, 1, 2])
    assert every.by_partition == pytest.approx((0.15, 0.03, 0.05)) and every.verdict == "helps"
    assert every.difference.values == pytest.approx((0.1, 0.2, 0.02, 0.04, 0.05, 0.05))
    assert "by split +0.150, +0.030, +0.050: helps." in every.sentence
    assert one([0, 1]).verdict == "helps, on both"


def test_every_arm_stands_against_every_other():
    f1 = {"Raw": 0.5, "glue": 0.6, "bad": 0.2}
    made = [outcome(arm, seed, own) for arm, own in f1.items() for seed in range(3)]
    pairs = paired(made, 0)
    assert list(pairs) == list(f1)
    for against, column in pairs.items():
        for one in column:
            if one.arm == against:
                assert one.difference is None
            else:
                assert one.difference.mean == pytest.approx(f1[one.arm] - f1[against])
