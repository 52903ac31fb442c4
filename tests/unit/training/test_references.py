"""References cut from labeled images."""

import numpy as np
import pytest

from defectstudio.domain.errors import UserError
from defectstudio.domain.specs import LabeledFile
from defectstudio.imaging.reading import write_png
from defectstudio.training.references import AROUND_PX, cut_references


@pytest.fixture
def labeled(tmp_path):
    def make(image, label):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        write_png(folder / "i.png", image)
        write_png(folder / "l.png", label)
        return LabeledFile(folder / "i.png", folder / "l.png", "0" * 64)

    return make


def test_a_reference_is_a_class_in_an_image_with_its_surroundings(tiny_files):
    found = cut_references(tiny_files, [1, 2], "absolute")
    assert [r.class_id for r in found] == [1, 2] * 3
    first = found[0]
    assert first.mask.sum() == 20 * 28 and first.pixels.shape == (*first.mask.shape, 3)
    assert first.mask.shape == (10 + 20 + AROUND_PX, 12 + 28 + AROUND_PX)  # the border cuts it
    assert np.allclose(first.pixels[first.mask], 20 / 255)
    assert 0.3 < first.pixels[~first.mask].mean() < 0.7


def test_grey_stays_grey_and_depth_does_not_count(labeled):
    label = np.zeros((50, 60), np.uint8)
    label[20:30, 20:30] = 1
    deep = np.full((50, 60), 30000, np.uint16)
    (one,) = cut_references([labeled(deep, label)], [1], "absolute")
    assert one.pixels.shape[2] == 1 and np.allclose(one.pixels, 30000 / 65535)
    colour = np.zeros((50, 60, 3), np.uint8)
    both = cut_references([labeled(deep, label), labeled(colour, label)], [1], "absolute")
    assert [r.pixels.shape[2] for r in both] == [3, 3]
    (relative,) = cut_references([labeled(deep, label)], [1], "relative")
    assert np.allclose(relative.pixels, 0.5)


def test_a_mask_that_is_missing_empty_or_of_another_size(labeled, tiny_files):
    image = np.zeros((50, 60), np.uint8)
    with pytest.raises(UserError, match="Paint the defect's mask"):
        cut_references([labeled(image, np.zeros((50, 60), np.uint8))], [1], "absolute")
    with pytest.raises(UserError, match=r"class id \[3\]"):
        cut_references(tiny_files, [1, 3], "absolute")
    with pytest.raises(UserError, match=r"label is 50x60, the picture 60x50"):
        cut_references([labeled(image, np.ones((60, 50), np.uint8))], [1], "absolute")


def test_masks_are_widened_as_those_that_are_painted(tiny_files):
    plain, wide = (cut_references(tiny_files, [1], "absolute", w)[0] for w in ({}, {1: 3}))
    assert wide.mask.sum() > plain.mask.sum() + 2 * 3 * (20 + 28)
    assert np.isclose(plain.pixels[plain.mask].max(), 20 / 255)
    assert wide.pixels[wide.mask].max() > 0.3  # the surface around belongs to it now
