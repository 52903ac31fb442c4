"""Imports of what is not as it should be: defects that nobody marked, many files left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app.importing import import_images
from defectstudio.domain.records import Role
from defectstudio.imaging.reading import read_label, write_png
from defectstudio.project.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "tile") as made:
        yield made


def _picture(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (64, 64), dtype=np.uint8)


def test_defects_without_masks_wait_for_them(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "source"
    write_png(source / "crack" / "a.png", _picture(1))
    write_png(source / "good" / "b.png", _picture(2))
    report = import_images(project, source)
    assert report.added == {"crack": 1, "good": 1}
    assert "without a mask: 1" in report.notes[0]
    [defect] = project.images(role=Role.DEFECT)
    assert (defect.label_file, len(defect.class_ids)) == (None, 1)
    again = import_images(project, source)
    assert (again.known, again.merged, again.notes) == (2, 0, ())
    mask = np.zeros((64, 64), np.bool_)
    mask[4:9, 8:20] = True
    write_png(source / "crack" / "a_mask.png", mask)
    assert import_images(project, source).merged == 1
    [defect] = project.images(role=Role.DEFECT)
    assert defect.label_file is not None
    assert np.array_equal(read_label(defect.label_file) == defect.class_ids[0], mask)


def test_many_alike_problems_are_told_in_few_lines(project: Project, tmp_path: Path) -> None:
    masks = tmp_path / "source" / "crack" / "masks"
    write_png(masks.parent / "images" / "a.png", _picture(1))
    for number in range(5):
        write_png(masks / f"lost{number}.png", _picture(number))
    told = list(import_images(project, tmp_path / "source", dry_run=True).left_out())
    assert len(told) == 5
    assert sum(line.endswith("Add the image, or remove the mask.") for line in told) == 3
    assert f"2 more in {masks}: the mask has no image." in told
