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

from defectstudio.exchange import coco
from defectstudio.exchange.coco import export_coco
from defectstudio.exchange.exporting import ExportEntry
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
            assert line["area"] == mask.sum() == reference.area(line["segmentation"])
            assert list(reference.toBbox(line["segmentation"])) == line["bbox"]
            assert line["iscrowd"] == 0
            label[mask] = line["category_id"]
        labels[image["file_name"]] = label
    return labels


def test_masks_are_equal_to_the_pixel(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    report = export_coco(entries, classes, out)
    labels = _labels(out / "annotations.json")
    for entry, (name, found) in zip(entries, labels.items(), strict=True):
        label = read_label(entry.label) if entry.label else np.zeros((20, 30), np.uint8)
        np.testing.assert_array_equal(found, np.where(label == 255, 0, label))
        image, source = read_image(out / name), read_image(entry.image)
        assert image.dtype == source.dtype
        np.testing.assert_array_equal(image, source)
    assert report.notes == ("2 images have void pixels, which belong to no mask.",)


@given(LABELS)
@settings(deadline=None)
def test_any_label_survives(tmp_path_factory: pytest.TempPathFactory, label: np.ndarray) -> None:
    folder = tmp_path_factory.mktemp("coco")
    write_png(folder / "image.png", label)
    write_png(folder / "label.png", label)
    entry = ExportEntry("a", folder / "image.png", folder / "label.png", "i", None, True, None)
    export_coco([entry], {1: "a", 7: "b", 254: "c"}, folder / "out")
    (found,) = _labels(folder / "out" / "annotations.json").values()
    np.testing.assert_array_equal(found, label)


def test_ids_start_at_one_and_splits_have_tables(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export_coco(entries, classes, out)
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


def test_instances_are_connected_components() -> None:
    mask = np.zeros((5, 6), bool)
    mask[0, 0], mask[1, 1], mask[3:, 4:], mask[4, 0] = True, True, True, True
    boxes = sorted(box for _, box, _ in coco.instances(mask))
    assert boxes == [[0, 0, 2, 2], [0, 4, 1, 1], [4, 3, 2, 2]]
    assert sorted(area for _, _, area in coco.instances(mask)) == [1, 2, 4]


def test_a_table_that_reads_back_differently_is_noticed(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from defectstudio.domain.errors import ExportError
    from defectstudio.domain.files import write_json

    def spoil(path: Path, value: dict[str, object]) -> None:
        write_json(path, {**value, "annotations": []})

    monkeypatch.setattr(coco, "write_json", spoil)
    with pytest.raises(ExportError, match="did not read back"):
        export_coco(entries, classes, tmp_path / "out")
