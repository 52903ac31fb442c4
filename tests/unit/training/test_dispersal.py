"""Mixed defects find their classes; masks are widened."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.specs import TrainSpec
from defectstudio.imaging.reading import read_label, write_png
from defectstudio.training.contents import cut_contents
from defectstudio.training.registry import make_task

TINY = {"width_g": 8, "width_d": 8, "width_e": 8, "nz": 4, "batch": 2, "scales": 1}


@pytest.fixture
def mixed_files(tiny_files, tmp_path):
    """The tiny files, and one in whose label both kinds of defects are class 5."""
    label = read_label(tiny_files[0].label)
    label[label > 0] = 5
    write_png(tmp_path / "mixed_label.png", label)
    return (*tiny_files, replace(tiny_files[0], label=tmp_path / "mixed_label.png"))


@pytest.fixture
def spec(mixed_files, tmp_path):
    config = DcdgancConfig(dilate="Scratch:3", **TINY)
    classes = {1: "hole", 2: "scratch"}
    return TrainSpec(tmp_path, "g", "i", classes, mixed_files, "train", config, combined=5)


def test_mixed_defects_go_to_the_classes_they_are_like(spec):
    said = []
    data = make_task(spec, torch.device("cpu"), said.append).data
    assert [len(own) for own in data.by_class] == [4, 4]
    assert said == [
        "mixed defect of 0.png, row 10, column 12: hole",
        "mixed defect of 0.png, row 60, column 20: scratch",
    ]


def test_without_a_combined_class_its_pixels_are_left_out(spec):
    data = make_task(replace(spec, combined=None), torch.device("cpu")).data
    assert [len(own) for own in data.by_class] == [3, 3]


def test_masks_of_a_class_are_widened_but_not_over_another(tiny_files, tmp_path):
    plain = cut_contents(tiny_files, [1, 2], "absolute")
    wide = cut_contents(tiny_files, [1, 2], "absolute", {2: 3})
    assert [c.mask.shape for c in wide if c.class_id == 1] == [
        c.mask.shape for c in plain if c.class_id == 1
    ]
    scratch = next(c for c in wide if c.class_id == 2)
    assert scratch.mask.shape == (3 + 6, 70 + 6)
    assert not scratch.mask[0, 0] and scratch.mask[0, 10]
    assert np.array_equal(np.unique(scratch.pixels[3:6, 3:73]), [np.float32(230 / 255)])
    label = read_label(tiny_files[0].label)
    label[63, 20:90] = 1
    write_png(tmp_path / "touching.png", label)
    touching = [replace(tiny_files[0], label=tmp_path / "touching.png")]
    own = next(c for c in cut_contents(touching, [1, 2], "absolute", {2: 3}) if c.class_id == 2)
    assert not own.mask[6, 3:73].any() and own.mask[7, 3:73].all()
