"""What a generator will know its training contents by."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.specs import LabeledFile
from defectstudio.imaging.reading import write_png
from defectstudio.metrics.alignment import aligned_distances
from defectstudio.metrics.canvases import without_grain
from defectstudio.metrics.memorising import memorising
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.training.known import know

CPU = torch.device("cpu")


@pytest.fixture
def spec(tiny_spec, tmp_path):
    """Four images, each with a spotted hole and a scratch on a surface of its own."""
    files = []
    for n in range(4):
        rng = np.random.default_rng(n)
        image = np.asarray(rng.integers(90, 160, (96, 80, 3)), np.uint8)
        label = np.zeros((96, 80), np.uint8)
        label[10:40, 10:42], label[60:66, 5 : 50 + n] = 1, 2
        spots = np.kron(rng.integers(20, 230, (5, 4, 3)), np.ones((6, 8, 1)))
        image[10:40, 10:42] = spots
        write_png(tmp_path / f"{n}.png", image)
        write_png(tmp_path / f"{n}_label.png", label)
        files.append(LabeledFile(tmp_path / f"{n}.png", tmp_path / f"{n}_label.png", f"{n:064x}"))
    return replace(tiny_spec("dcdganc"), images=tuple(files), groups=("a", "b", "c", "c"))


def test_all_contents_are_known_with_the_bars_of_the_report(spec):
    known = know(spec, 3, CPU)
    assert known.classes.tolist() == [0, 1] * 4
    for index in (0, 1):
        canvases, masks = known.of_class(index)
        small = without_grain(canvases, masks)
        among = aligned_distances(*small, *small)
        expected = memorising(among, among, [0, 1, 2, 2]).threshold
        assert known.bars[index, 0] == pytest.approx(expected, abs=0.01)
    assert np.isnan(known.bars[:, 1]).all()


def test_of_many_contents_some_are_kept_spread_over_all(spec, monkeypatch):
    everything = know(spec, 3, CPU)
    monkeypatch.setattr("defectstudio.training.known.MOST", 2)
    known = know(spec, 3, CPU)
    assert known.classes.tolist() == [0, 1] * 2
    for index in (0, 1):
        assert np.array_equal(known.of_class(index)[0], everything.of_class(index)[0][[0, -1]])


def test_images_of_one_part_have_no_bar(spec):
    known = know(replace(spec, groups=("a",) * 4), 3, CPU)
    assert np.isnan(known.bars).all()


def test_parts_are_told_by_their_looks_where_the_project_knows_none(spec):
    same = (*spec.images[:2], spec.images[0], spec.images[0])
    with_looks = know(replace(spec, images=same, groups=()), 3, CPU)
    told = know(replace(spec, images=same, groups=("a", "b", "a", "a")), 3, CPU)
    assert np.array_equal(with_looks.bars, told.bars, equal_nan=True)
    assert (told.bars[:, 0] > 0.05).all()


def test_the_projected_network_s_features_have_a_bar_too(spec):
    known = know(replace(spec, config=replace(spec.config, projected=True)), 3, CPU)
    assert (known.bars > 0).all()


def test_a_trained_generator_keeps_them_and_an_old_one_works_without(tiny_of_kind, tiny_generator):
    assert load_generator(tiny_of_kind("dcdganc"), CPU).guard is not None
    old = load_generator(tiny_generator(), CPU)
    assert old.guard is None
    assert old.generate(1, 0, np.ones((8, 8), bool), np.zeros((8, 8, 3), np.float32)).raw_mask.all()
