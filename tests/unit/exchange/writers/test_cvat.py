"""CVAT exports, read by the standard library."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
from hypothesis import given, settings

from tests.unit.exchange.conftest import Exported
from tests.unit.exchange.planes import LABELS, NAMES, without_void


@given(label=LABELS)
@settings(deadline=None, max_examples=40)
def test_any_label_survives(exported: Exported, label: np.ndarray) -> None:
    out, _ = exported("cvat", label)
    root = ET.parse(out / "annotations.xml").getroot()
    assert root.findtext("version") == "1.1"
    assert [name.text for name in root.iter("name")] == list(NAMES.values())
    [image] = root.findall("image")
    assert (out / "images" / image.attrib["name"]).is_file()
    assert (int(image.attrib["height"]), int(image.attrib["width"])) == label.shape
    ids = {name: class_id for class_id, name in NAMES.items()}
    found = np.zeros_like(label)
    for mask in image.findall("mask"):
        left, top, width, height = (
            int(mask.attrib[key]) for key in ("left", "top", "width", "height")
        )
        runs = [int(run) for run in mask.attrib["rle"].split(",")]
        part = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
        found[top : top + height, left : left + width][part] = ids[mask.attrib["label"]]
    np.testing.assert_array_equal(found, without_void(label))
