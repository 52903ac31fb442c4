"""Pascal VOC exports, read by Pillow and the standard library."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from PIL import Image as PillowImage
from scipy import ndimage

from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
from tests.unit.exchange.conftest import Exported
from tests.unit.exchange.planes import LABELS, NAMES


def _plane(path: Path) -> np.ndarray:
    with PillowImage.open(path) as picture:
        return np.asarray(picture)


@given(label=LABELS)
@settings(deadline=None, max_examples=30)
def test_any_label_survives(exported: Exported, label: np.ndarray) -> None:
    out, _ = exported("voc", label)
    np.testing.assert_array_equal(_plane(out / "SegmentationClass/größe.png"), label)
    objects = _plane(out / "SegmentationObject/größe.png")
    np.testing.assert_array_equal(objects == 255, label == 255)
    found = ET.parse(out / "Annotations/größe.xml").getroot().findall("object")
    number = 0
    for class_id, name in NAMES.items():
        parts, count = ndimage.label(label == class_id, np.ones((3, 3)))
        for part in range(1, count + 1):
            number += 1
            ids = np.unique(objects[parts == part])
            assert len(ids) == 1
            line = found[int(ids[0]) - 1]
            rows, columns = np.nonzero(parts == part)
            box = {corner.tag: int(corner.text or "") for corner in line.find("bndbox") or ()}
            assert line.findtext("name") == name
            assert box == {
                "xmin": columns.min() + 1, "ymin": rows.min() + 1,
                "xmax": columns.max() + 1, "ymax": rows.max() + 1,
            }  # fmt: skip
    assert len(found) == number


def test_many_instances_are_sixteen_bits(exported: Exported) -> None:
    label = np.zeros((40, 60), np.uint8)
    label[::2, ::2] = 1
    out, report = exported("voc", label)
    objects = _plane(out / "SegmentationObject/größe.png")
    assert objects.max() == label.sum() == 600
    assert any("more than 254 instances" in note for note in report.notes)


def test_lists_and_colours(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export("voc", ExportRequest(entries, classes), out)
    lists = out / "ImageSets" / "Segmentation"
    assert (lists / "train.txt").read_text().split() == ["a", "good", "made"]
    assert (lists / "val.txt").read_text().split() == ["A-2", "good2"]
    assert (out / "labelmap.txt").read_text(encoding="utf-8").splitlines()[1:] == [
        "background:0,0,0::", "crack:128,0,0::", "hole/äh:128,128,128::",
    ]  # fmt: skip
