"""YOLO exports, filled as Ultralytics and supervision do: pixels truncated or rounded."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings

from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
from defectstudio.exchange.writers.yolo import _twins
from tests.unit.exchange.conftest import Exported
from tests.unit.exchange.planes import LABELS, without_void


def _read(out: Path, shape: tuple[int, ...], whole: np.ufunc) -> np.ndarray:
    height, width = shape
    label = np.zeros(shape, np.uint8)
    for line in (out / "labels/train/größe.txt").read_text().splitlines():
        number, *texts = line.split()
        points = whole(np.array(texts, np.float64).reshape(-1, 2) * [width, height])
        assert len(points) >= 3
        assert all(0 <= float(text) <= 1 for text in texts)
        cv2.fillPoly(label, [points.astype(np.int32)], (1, 7, 254)[int(number)])
    return label


@pytest.mark.parametrize("whole", [np.trunc, np.rint])
@given(label=LABELS)
@settings(deadline=None, max_examples=40)
def test_any_label_survives(exported: Exported, whole: np.ufunc, label: np.ndarray) -> None:
    out, _ = exported("yolo", label)
    np.testing.assert_array_equal(_read(out, label.shape, whole), without_void(label))


def test_the_widest_picture_keeps_its_pixels(exported: Exported) -> None:
    label = np.zeros((3, 60000), np.uint8)
    label[1, ::7], label[0, 59999], label[2, 12345:23456] = 1, 7, 254
    out, _ = exported("yolo", label)
    for whole in (np.trunc, np.rint):
        np.testing.assert_array_equal(_read(out, label.shape, whole), label)


def test_data_yaml_and_splits(entries: list[ExportEntry], tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = export("yolo", ExportRequest(entries, {1: "crack", 7: "hole: äh"}), out)
    assert (out / "data.yaml").read_text(encoding="utf-8").splitlines() == [
        "train: images/train", "val: images/val", "test: images/test",
        "names:", '  0: "crack"', '  1: "hole: äh"',
    ]  # fmt: skip
    assert (out / "labels/train/good.txt").read_text() == ""
    assert "1 images without a split are in train." in report.notes
    for split in ("train", "val", "test"):
        images = sorted(path.stem for path in (out / "images" / split).iterdir())
        assert images == sorted(path.stem for path in (out / "labels" / split).iterdir())


def test_without_val_images_another_split_stands_in(exported: Exported) -> None:
    out, report = exported("yolo", np.ones((4, 4), np.uint8))
    assert "val: images/train\n" in (out / "data.yaml").read_text()
    assert any("no image of the split val" in note for note in report.notes)


def test_instances_that_loaders_drop_are_counted(exported: Exported) -> None:
    label = np.zeros((7, 7), np.uint8)
    label[0:7, 0], label[0, 0:3], label[6, 0:7] = 1, 1, 1
    label[0:5, 6], label[0, 4:7] = 1, 1
    _, report = exported("yolo", label)
    assert not any("box of another" in note for note in report.notes)
    assert _twins(["0 .1 .1 .9 .1 .9 .9", "0 .1 .9 .9 .9 .1 .1", "1 .1 .1 .9 .1 .9 .9"]) == 1
