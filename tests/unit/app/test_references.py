"""Which images can be references, and how they are shown."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app.palette import class_colour
from defectstudio.app.references import SIDE, candidates, reference_picture
from defectstudio.domain.errors import ImageError
from defectstudio.domain.records import ImageRecord, Role, Split
from defectstudio.imaging.reading import write_png

RECORD = ImageRecord(
    1, 1, "x", Role.DEFECT, Path("x.png"), "0" * 64, 200, 300, 1, 8, "", None, (2,), None
)


def test_real_defects_that_nothing_is_judged_on_are_offered_with_or_without_a_mask():
    offered = [
        RECORD,
        replace(RECORD, class_ids=()),
        replace(RECORD, split=Split.TRAIN),
    ]
    others = [
        replace(RECORD, role=Role.NORMAL),
        replace(RECORD, split=Split.TEST),
        replace(RECORD, split=Split.VAL),
    ]
    assert candidates([*offered, *others]) == offered


@pytest.fixture
def labeled(tmp_path):
    """A grey 16-bit image with a defect of class 2, and void beside it."""
    pixels = np.full((200, 300), 20000, np.uint16)
    pixels[:, ::7] = 24000
    label = np.zeros(pixels.shape, np.uint8)
    label[90:110, 140:180] = 2
    label[120:122, 140:142] = 255
    write_png(tmp_path / "x.png", pixels)
    write_png(tmp_path / "label.png", label)
    return replace(RECORD, file=tmp_path / "x.png", label_file=tmp_path / "label.png")


def test_the_defect_is_shown_large_and_outlined_in_its_colour(labeled):
    shown = reference_picture(labeled)
    assert shown.dtype == np.uint8 and shown.ndim == 3 and max(shown.shape) == SIDE
    coloured = (shown == class_colour(2)).all(axis=2)
    columns = np.nonzero(coloured)[1]
    assert coloured.any() and not coloured[shown.shape[0] // 2, shown.shape[1] // 2]
    assert columns.max() - columns.min() > SIDE // 2
    assert not (shown == class_colour(255)).all(axis=2).any(), "void is no defect"


def test_without_a_mask_the_whole_image_is_shown(labeled):
    shown = reference_picture(replace(labeled, label_file=None))
    assert shown.shape == (round(200 * SIDE / 300), SIDE, 3)
    assert np.ptp(shown.astype(int), axis=2).max() == 0


def test_a_file_that_is_not_there_is_named(labeled, tmp_path):
    with pytest.raises(ImageError):
        reference_picture(replace(labeled, file=tmp_path / "gone.png"))
