"""What we export comes back: every format that holds classes, found by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from defectstudio.domain.records import Role
from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
from defectstudio.exchange.importing import ImportPlan, check, scan
from defectstudio.imaging.reading import read_label
from tests.unit.exchange.conftest import Exported
from tests.unit.exchange.planes import LABELS, NAMES, without_void

FORMATS = ["coco", "coco-polygons", "yolo", "voc", "labelme", "labelme-polygons", "cvat"]


def _label(plan: ImportPlan, image: str, ids: dict[str, int], shape: tuple[int, ...]) -> np.ndarray:
    label = np.zeros(shape, np.uint8)
    for entry in plan.entries:
        if entry.image.stem == image and entry.mask is not None:
            mask = entry.mask.read()
            assert not label[mask].any()
            assert entry.mask.size() == label.shape
            label[mask] = ids[entry.class_name or ""]
    return label


@pytest.mark.parametrize("format", FORMATS)
@given(label=LABELS)
@settings(deadline=None, max_examples=20)
def test_any_label_comes_back(exported: Exported, format: str, label: np.ndarray) -> None:
    out, _ = exported(format, label)
    plan = scan(out)
    assert plan.format == format.removesuffix("-polygons")
    assert plan.problems == ()
    ids = {name: class_id for class_id, name in NAMES.items()}
    np.testing.assert_array_equal(_label(plan, "größe", ids, label.shape), without_void(label))


@pytest.mark.parametrize("format", [*FORMATS, "mvtec2"])
def test_good_images_and_several_splits(
    format: str, entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    export(format, ExportRequest(entries, classes), tmp_path / "out")
    plan = scan(tmp_path / "out" / "tile" if format == "mvtec2" else tmp_path / "out")
    assert plan.problems == ()
    assert [check(entry) for entry in plan.entries] == [None] * len(plan.entries)
    normal = [entry for entry in plan.entries if entry.role is Role.NORMAL]
    assert len({entry.name for entry in normal}) == len(normal) == 3
    assert len({entry.image for entry in plan.entries}) == len(entries)
    if format != "mvtec2":
        ids = {name: class_id for class_id, name in classes.items()}
        assert entries[1].label is not None
        np.testing.assert_array_equal(
            _label(plan, "A-2", ids, (20, 30)), without_void(read_label(entries[1].label))
        )
