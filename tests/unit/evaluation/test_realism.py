"""The protocol on generators whose figures are known beforehand."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from defectstudio.domain.errors import UserError
from defectstudio.domain.files import to_json
from defectstudio.evaluation.arms import POOLED


def test_near_ones_are_nearer_and_all_figures_are_there(compared, fake):
    near, far = fake("near", level=0.1), fake("far", level=0.9, kind="dcdganc")
    far.card = replace(far.card, step=8)
    result, comparison, warnings = compared(("near", near), ("far", far))
    one, other = (arm.intervals for arm in result.arms)
    assert warnings == []
    assert one["hole"]["kid"].mean < other["hole"]["kid"].mean
    assert set(one) == {"hole", "scratch", POOLED}
    for name in ("kid_crops", "diversity_inside", "copies_pixels", "copies_features"):
        assert name in one[POOLED], name
    assert one[POOLED]["empty_rate"].mean == 0
    assert one[POOLED]["outside_region"].most == 0
    assert one[POOLED]["label_iou"].mean > 0.9
    assert set(result.training) == {"hole", "scratch"}
    assert {name: len(own.pixels.nearest) for name, own in result.unseen.items()} == {
        "hole": 4, "scratch": 4,
    }  # fmt: skip
    assert result.parts == {"test": 2, "training": 3}
    assert {n: len(s) for n, s in comparison.pictures.test.items()} == {"hole": 4, "scratch": 4}
    figures = result.arms[0].generators[0].by_class
    assert (figures["hole"].n_fake, figures["hole"].n_real, figures["hole"].n_training) == (6, 4, 6)
    assert figures[POOLED].n_fake == 12


def test_the_same_run_gives_the_same_data(compared, fake):
    one, other = (compared(("g", fake()))[0] for _ in range(2))
    assert to_json(asdict(one)) == to_json(asdict(other))


def test_another_generator_in_the_list_changes_no_figure(compared, fake):
    alone = compared(("g", fake()))[0].arms[0].generators
    other = fake("other", level=0.8)
    other.card = replace(other.card, step=9)
    assert compared(("o", other), ("g", fake()))[0].arms[1].generators == alone


def test_seeds_are_one_arm_with_intervals(compared, fake):
    result, *_ = compared(("net-s0", fake(seed=0)), ("net-s1", fake(seed=1)))
    (arm,) = result.arms
    assert arm.name == "net"
    assert [one.seed for one in arm.generators] == [0, 1]
    kid = arm.intervals[POOLED]["kid"]
    assert len(kid.values) == 2
    assert kid.least <= kid.low <= kid.high <= kid.most


def test_one_generator_that_only_copies_is_found(compared, fake, spec):
    """It draws the same hole as the training split: its nearest distances are near 0."""
    from defectstudio.synthesis.generators.content import Content
    from defectstudio.training.contents import cut_contents

    contents = cut_contents([known.file for known in spec.training], [1, 2], "relative")

    class Copier(fake):
        def generate(self, class_id, seed, mask, surface):
            own = [one for one in contents if one.class_id == class_id]
            chosen = own[seed % len(own)]
            return Content(chosen.pixels, chosen.mask)

    copier = Copier(trained_on=[known.file.sha256 for known in spec.training], free=True)
    result, *_ = compared(("copier", copier))
    figures = result.arms[0].intervals[POOLED]
    assert figures["copies_pixels"].mean == 1
    assert figures["copies_features"].mean == 1
    assert "suspiciously near a training content" in result.arms[0].sentence


def test_what_a_generator_drew_again_is_told(compared, fake, spec, monkeypatch):
    monkeypatch.setattr(
        "defectstudio.synthesis.batch.drawn_again", lambda _, defect, *__: (defect, 3)
    )
    found = []
    for guard in (True, False):
        settings = replace(spec.settings, guard=guard)
        intervals = compared(("g", fake()), settings=settings)[0].arms[0].intervals
        found.append([intervals[name]["drawn_again"].mean for name in ("hole", POOLED)])
    assert found == [[3, 3], [0, 0]]


def test_real_contents_of_the_test_split_that_are_copies_are_told(compared, fake, spec):
    result, *_ = compared(("g", fake()), test=spec.training)
    assert {own.pixels.share for own in result.unseen.values()} == {1}
    assert {own.features.share for own in result.unseen.values()} == {1}


def test_free_shapes_and_their_empty_windows(compared, fake):
    result, *_ = compared(("free", fake(free=True)))
    assert 0 < result.arms[0].intervals[POOLED]["empty_rate"].mean < 1


def test_an_invisible_defect_is_an_empty_sample(compared, fake):
    result, *_ = compared(("pale", fake(level=0.5, noise=0.0)))
    assert result.arms[0].intervals[POOLED]["empty_rate"].mean > 0.5
    assert "of its samples are empty" in result.arms[0].sentence


def test_training_contents_are_those_the_generator_saw(compared, fake, spec):
    seen = [known.file.sha256 for known in spec.training[:4]]
    result, *_ = compared(("g", fake(trained_on=seen)))
    assert result.arms[0].generators[0].by_class["hole"].n_training == 4


def test_a_generator_trained_on_the_test_split_is_called_out(compared, fake, spec):
    result, *_ = compared(("g", fake(trained_on=[spec.test[0].file.sha256])))
    assert result.arms[0].generators[0].seen_in_test == 1
    assert "worthless" in result.arms[0].sentence
    assert result.arms[0].generators[0].by_class["hole"].copies_pixels is None


def test_a_class_without_test_contents_has_no_kid(compared, fake, spec):
    result, *_ = compared(
        ("g", fake(classes={1: "hole", 2: "scratch", 3: "none"})),
        classes={1: "hole", 2: "scratch"},
        test=spec.test[:1],
    )
    figures = result.arms[0].generators[0].by_class["hole"]
    assert (figures.kid, figures.diversity, figures.n_real) == (None, None, 1)
    assert figures.copies_pixels is not None
    assert "too few held-out defects" not in result.arms[0].sentence  # pooled there are two


def test_what_finds_no_place_is_counted_and_said(compared, fake, spec, tmp_path):
    from defectstudio.domain.specs import BackgroundFile
    from defectstudio.imaging.reading import write_png

    write_png(tmp_path / "small.png", np.full((12, 12, 3), 120, np.uint8))
    result, _, warnings = compared(
        ("g", fake()), backgrounds=(BackgroundFile(tmp_path / "small.png", "c" * 64),)
    )
    figures = result.arms[0].generators[0].by_class["hole"]
    assert (figures.n_fake, figures.unplaced, figures.labels) == (0, 6, None)
    assert len(warnings) == 2
    assert "found no place" in warnings[0]
    assert "too few held-out defects for a KID" in result.arms[0].sentence


def test_no_defect_in_the_test_split(compared, fake):
    with pytest.raises(UserError, match="no labeled defect"):
        compared(("g", fake()), classes={9: "unknown"})
