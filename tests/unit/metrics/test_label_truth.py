from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from defectstudio.domain.auditing import AuditSettings, Flaw
from defectstudio.metrics.label_truth import (
    against_change,
    faint,
    measured,
    off_edge,
    outside,
    specks,
    visible_change,
)

USUAL = AuditSettings()
SHAPE = (40, 50)


def plane(*boxes: tuple[int, int, int, int, int]) -> np.ndarray:
    """A label plane; boxes: class, top, bottom, left, right."""
    label = np.zeros(SHAPE, np.uint8)
    for class_id, top, bottom, left, right in boxes:
        label[top:bottom, left:right] = class_id
    return label


def change(*box: int) -> np.ndarray:
    return plane((1, *box)) > 0


def only(findings) -> object:
    (finding,) = findings
    return finding


def test_a_label_that_is_what_changed_is_true():
    label = plane((1, 10, 20, 10, 20))
    assert not list(against_change(label, label > 0, USUAL))


def test_labeled_pixels_without_a_change_are_found():
    # 10 x 20 labeled, 10 x 10 changed: 2 px beside a change count as changed, 80 of 200 do not.
    found = only(against_change(plane((3, 10, 20, 10, 30)), change(10, 20, 10, 20), USUAL))
    assert (found.flaw, found.class_id, found.value) == (Flaw.UNCHANGED, 3, 0.4)
    assert found.limit == 0.25 and "stronger" in found.remedy


def test_a_label_that_is_too_large_all_around_shall_be_eroded():
    # 20 x 20 labeled, 10 x 10 changed in the middle: what is not within 2 px of it is the rim.
    found = only(against_change(plane((1, 10, 30, 10, 30)), change(15, 25, 15, 25), USUAL))
    assert "Erode the label by 3 px" in found.remedy
    near = 14 * 14 - 4 * 3  # the corners of the widened square are round: (1,2), (2,1), (2,2)
    assert found.value == pytest.approx(1 - near / 400)


def test_a_change_without_a_label_is_a_halo():
    # A rim of 4 px around 10 x 10: the first is near enough, 3 remain.
    found = only(against_change(plane((2, 15, 25, 15, 25)), change(11, 29, 11, 29), USUAL))
    assert (found.flaw, found.class_id) == (Flaw.HALO, 2)
    assert found.value == (18 * 18 - (12 * 12 - 4)) / 100  # round corners again
    assert "Dilate the label by 5 px" in found.remedy  # over the corners


def test_a_change_far_from_an_empty_label_is_the_empty_labels_business():
    assert not list(against_change(plane(), change(1, 9, 1, 9), USUAL))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_only_what_stands_out_of_the_noise_has_changed(dtype):
    unit = np.iinfo(dtype).max // 255
    background = np.full((*SHAPE, 3), 100 * unit, dtype)
    image = background.copy()
    image[10:20, 10:20, 1] += 6 * unit  # above 2 % of 255
    image[25:30, 10:20] += 5 * unit  # below
    image[0, 0:4] = 0  # a speck of four pixels
    found = visible_change(background, image, change(10, 20, 10, 20), USUAL)
    assert np.array_equal(found, change(10, 20, 10, 20))
    everywhere = visible_change(background, image, np.zeros(SHAPE, bool), USUAL)
    assert np.array_equal(everywhere, found)
    noisy = np.random.default_rng(0).normal(100 * unit, 8 * unit, SHAPE).astype(dtype)
    again = np.random.default_rng(1).normal(100 * unit, 8 * unit, SHAPE).astype(dtype)
    assert not visible_change(noisy, again, change(10, 20, 10, 20), USUAL).any()


def test_defects_are_measured_where_they_lie():
    image = np.full(SHAPE, 100, np.uint8)
    label = plane((1, 10, 20, 10, 20), (1, 30, 34, 40, 44), (7, 0, 4, 25, 35), (255, 5, 6, 5, 6))
    image[label == 1] = 110
    found, signals = measured(image, label)
    assert [(one.class_id, one.area) for one in found] == [(1, 100), (1, 16), (7, 40)]
    assert (found[0].row, found[0].column) == (15 / 40, 15 / 50)
    assert (found[0].contrast, found[0].surround) == (10, round(100 / 255, 4))
    assert signals == {1: pytest.approx(100), 7: 0}
    told = only(faint(signals, USUAL, synthetic=False))
    assert (told.flaw, told.class_id, told.limit) == (Flaw.FAINT, 7, 5) and "Look" in told.remedy
    assert "stronger" in only(faint(signals, USUAL, synthetic=True)).remedy


def test_specks_are_those_beside_larger_parts():
    label = plane((1, 10, 20, 10, 20), (1, 30, 31, 40, 42), (1, 2, 3, 2, 3), (2, 35, 36, 5, 6))
    found = only(specks(label, USUAL))
    assert (found.flaw, found.class_id, found.value) == (Flaw.SPECKS, 1, 2)


def test_labels_outside_the_region_are_found():
    label = plane((1, 10, 20, 10, 20), (2, 25, 30, 10, 20))
    found = only(outside(label, change(0, 40, 0, 15) | change(25, 30, 10, 20)))
    assert (found.flaw, found.class_id, found.value) == (Flaw.OUTSIDE_REGION, 1, 0.5)


@pytest.mark.parametrize(("grown", "verb"), [(5, "Dilate the label by 5"), (-4, "Erode")])
def test_an_outline_beside_the_edges_is_found(grown, verb):
    image = np.full((80, 80), 100, np.uint8)
    image[30 - grown : 50 + grown, 30 - grown : 50 + grown] = 160
    label = np.zeros((80, 80), np.uint8)
    label[30:50, 30:50] = 4
    found = only(off_edge(image, label, USUAL))
    assert (found.flaw, found.class_id, found.value) == (Flaw.OFF_EDGE, 4, abs(grown))
    assert verb in found.remedy


def test_an_outline_near_the_edges_or_without_any_is_good():
    image, label = np.full((80, 80), 100, np.uint8), np.zeros((80, 80), np.uint8)
    label[30:50, 30:50] = 1
    full = np.ones((80, 80), np.uint8)
    assert not list(chain(off_edge(image, label, USUAL), off_edge(image, full, USUAL)))
    image[28:52, 28:52] = 160  # 2 px
    assert not list(off_edge(image, label, USUAL))
    noise = np.random.default_rng(3).integers(0, 255, (80, 80), np.uint8)
    assert not list(off_edge(noise, label, USUAL))
