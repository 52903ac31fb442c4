"""COCO exports as pycocotools reads them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as reference
from pycocotools.coco import COCO

from defectstudio.exchange import rle
from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
from defectstudio.exchange.writers import coco
from defectstudio.imaging.masks import components
from defectstudio.imaging.reading import read_image, read_label, write_png

# pycocotools 2.0.11 with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LABELS = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=24),
    elements=st.sampled_from([0, 0, 1, 7, 254]),
)


def _labels(table: Path) -> dict[str, np.ndarray]:
    """File name -> label plane, made by pycocotools alone."""
    found = COCO(str(table))
    labels = {}
    for image in found.loadImgs(found.getImgIds()):
        label = np.zeros((image["height"], image["width"]), np.uint8)
        for line in found.loadAnns(found.getAnnIds(image["id"])):
            mask = found.annToMask(line).astype(bool)
            assert not label[mask].any()
            runs = found.annToRLE(line)
            assert line["area"] == mask.sum() == reference.area(runs)
            assert list(reference.toBbox(runs)) == line["bbox"]
            assert line["iscrowd"] == 0
            label[mask] = line["category_id"]
        labels[image["file_name"]] = label
    return labels


def test_masks_are_equal_to_the_pixel(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    report = export("coco", ExportRequest(entries, classes), out)
    labels = _labels(out / "annotations.json")
    for entry, (name, found) in zip(entries, labels.items(), strict=True):
        label = read_label(entry.label) if entry.label else np.zeros((20, 30), np.uint8)
        np.testing.assert_array_equal(found, np.where(label == 255, 0, label))
        image, source = read_image(out / name), read_image(entry.image)
        assert image.dtype == source.dtype
        np.testing.assert_array_equal(image, source)
    assert report.notes == ("2 images have void pixels, which belong to no mask.",)


@pytest.mark.parametrize("format", ["coco", "coco-polygons"])
@given(LABELS)
@settings(deadline=None, max_examples=40)
def test_any_label_survives(
    format: str, tmp_path_factory: pytest.TempPathFactory, label: np.ndarray
) -> None:
    folder = tmp_path_factory.mktemp("coco")
    write_png(folder / "image.png", label)
    write_png(folder / "label.png", label)
    entry = ExportEntry("a", folder / "image.png", folder / "label.png", "i", None, True, None)
    export(format, ExportRequest([entry], {1: "a", 7: "b", 254: "c"}), folder / "out")
    (found,) = _labels(folder / "out" / "annotations.json").values()
    np.testing.assert_array_equal(found, label)


def test_ids_start_at_one_and_splits_have_tables(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export("coco", ExportRequest(entries, classes), out)
    table = json.loads((out / "annotations.json").read_text())
    assert [image["id"] for image in table["images"]] == list(range(1, 8))
    number = len(table["annotations"])
    assert [line["id"] for line in table["annotations"]] == list(range(1, number + 1))
    assert [(c["id"], c["name"]) for c in table["categories"]] == [(1, "crack"), (7, "hole/äh")]
    for split in ("train", "val", "test"):
        part = json.loads((out / f"annotations_{split}.json").read_text())
        assert {image["split"] for image in part["images"]} == {split}
        ids = {image["id"] for image in part["images"]}
        assert part["annotations"] == [
            line for line in table["annotations"] if line["image_id"] in ids
        ]
    assert [image["synthetic"] for image in table["images"]] == [False] * 6 + [True]


def test_runs_of_a_part_are_those_of_the_whole_mask() -> None:
    mask = np.zeros((5, 6), bool)
    mask[0, 0], mask[1, 1], mask[3:, 4:], mask[4, 0] = True, True, True, True
    for part, box in components(mask):
        whole = np.zeros_like(mask)
        whole[box.slices] = part
        assert coco.placed_runs(part, box, mask.shape) == rle.encode(whole)
