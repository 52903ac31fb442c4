"""Plain PNG exports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
from defectstudio.imaging.reading import read_image, read_label


def test_pictures_planes_and_masks(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export("png", ExportRequest(entries, classes), out)
    assert json.loads((out / "classes.json").read_text(encoding="utf-8")) == {
        "1": "crack", "7": "hole/äh",
    }  # fmt: skip
    names = ["a", "A-2", "deep", "good", "good2", "good3", "made"]
    for entry, name in zip(entries, names, strict=True):
        image, source = read_image(out / "images" / f"{name}.png"), read_image(entry.image)
        assert image.dtype == source.dtype
        np.testing.assert_array_equal(image, source)
        label = read_label(entry.label) if entry.label else np.zeros((20, 30), np.uint8)
        with PillowImage.open(out / "labels" / f"{name}.png") as plane:
            assert plane.mode == "P"
            np.testing.assert_array_equal(np.asarray(plane), label)
        for class_id, folder in ((1, "crack"), (7, "hole_äh")):
            mask = out / "masks" / folder / f"{name}.png"
            assert mask.exists() == bool((label == class_id).any())
            if mask.exists():
                np.testing.assert_array_equal(read_label(mask), (label == class_id) * 255)


def test_the_palette_is_pascal_vocs(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    export("png", ExportRequest(entries[:1], classes), tmp_path / "out")
    with PillowImage.open(tmp_path / "out" / "labels" / "a.png") as plane:
        palette = np.array(plane.getpalette()).reshape(-1, 3)
    expected = {
        0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 7: (128, 128, 128), 15: (192, 128, 128),
        255: (224, 224, 192),
    }  # fmt: skip
    for index, colour in expected.items():
        assert tuple(palette[index]) == colour
