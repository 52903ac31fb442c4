"""MVTec AD exports, read back as their readers do: by sort order."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from defectstudio.domain.errors import ExportError
from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
from defectstudio.exchange.importing import scan
from defectstudio.exchange.pictures import Picture
from defectstudio.exchange.writers.mvtec import MvtecAd
from defectstudio.exchange.writers.writer import Ground
from defectstudio.imaging.reading import read_image, read_label


def test_the_layout(entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = export("mvtec", ExportRequest(entries, classes), out)
    files = {p.relative_to(out).as_posix() for p in out.rglob("*.png")}
    assert files == {
        "tile/train/good/000.png", "tile/train/good/001.png", "tile/test/good/000.png",
        "tile/test/crack/000.png", "tile/test/crack/001.png",
        "tile/test/combined/000.png", "tile/test/combined/001.png",
        "tile/ground_truth/crack/000_mask.png", "tile/ground_truth/crack/001_mask.png",
        "tile/ground_truth/combined/000_mask.png", "tile/ground_truth/combined/001_mask.png",
    }  # fmt: skip
    notes = " ".join(report.notes)
    assert "2 images show several classes" in notes
    assert "2 defective images of the splits train and val are in test" in notes
    assert "1 good images of the split val are in train/good" in notes
    assert "reduced to 8 bits over their 12 significant bits" in notes
    assert "2 images have void pixels" in notes


def test_masks_and_pictures(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export("mvtec", ExportRequest(entries, classes), out)
    for place, kept in (
        ("crack", [entries[0], entries[2]]),
        ("combined", [entries[1], entries[6]]),
    ):
        images = sorted((out / "tile/test" / place).iterdir())
        masks = sorted((out / "tile/ground_truth" / place).iterdir())
        for entry, image, mask in zip(kept, images, masks, strict=True):
            assert entry.label
            label = read_label(entry.label)
            with PillowImage.open(mask) as picture:
                assert picture.mode == "L"
                pixels = np.asarray(picture)
            np.testing.assert_array_equal(pixels, ((label > 0) & (label < 255)) * 255)
            source, shown = read_image(entry.image), read_image(image)
            assert shown.dtype == np.uint8
            expected = np.rint(source * (255 / 4095)) if source.dtype == np.uint16 else source
            np.testing.assert_array_equal(shown, expected)


def test_numbers_have_one_width_past_a_thousand(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    request = ExportRequest(entries[:1] * 1001, classes)
    writer = MvtecAd(Ground(tmp_path, request, {"tile/test/crack": 999}))
    picture = Picture(entries[0], "a", np.ones((2, 2), np.uint8), np.ones((2, 2), np.uint8), (1,))
    names = [writer.write(picture) for _ in range(2)]
    assert [written.image[-8:] for written in names] == ["0999.png", "1000.png"]
    assert [written.labels[0][-13:] for written in names] == ["0999_mask.png", "1000_mask.png"]


def test_the_layout_of_the_second_edition(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    report = export("mvtec2", ExportRequest(entries, classes), out)
    files = {p.relative_to(out / "tile").as_posix() for p in out.rglob("*.png")}
    bad = {f"{number:03d}_regular" for number in range(4)}
    assert files == {
        "train/good/000_regular.png", "validation/good/000_regular.png",
        "test_public/good/000_regular.png",
        *(f"test_public/bad/{name}.png" for name in bad),
        *(f"test_public/ground_truth/bad/{name}_mask.png" for name in bad),
    }  # fmt: skip
    assert "The layout has no classes: all defects are bad." in report.notes


def test_our_importer_reads_it_back(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    export("mvtec", ExportRequest(entries, classes), tmp_path / "out")
    plan = scan(tmp_path / "out" / "tile")
    assert plan.format == "mvtec"
    assert len(plan.entries) == len(entries)
    assert plan.problems == ()


def test_a_class_named_good_is_refused(entries: list[ExportEntry], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="keeps this name"):
        export("mvtec", ExportRequest(entries, {1: "Good", 7: "b"}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_items_have_folders_and_a_missing_normal_side_is_said(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    names = ["tile", "recipes", "Gehäuse 筐体", "筐体", "Gehause"]
    items = [dataclasses.replace(entries[0], item=name) for name in names]
    report = export("mvtec", ExportRequest(items, classes), tmp_path / "out")
    folders = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert folders == {"tile", "recipes-2", "Gehause", "item", "Gehause-2"}
    assert sum("no good image for train/good" in note for note in report.notes) == 5
    told = [note for note in report.notes if "anomalib" in note]
    assert [note.split(":")[0] for note in told] == [
        "Gehäuse 筐体 is in Gehause",
        "筐体 is in item",
    ]
