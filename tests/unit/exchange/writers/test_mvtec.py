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
from defectstudio.imaging.reading import read_image, read_label, write_png


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


def test_numbers_have_one_width_past_a_thousand(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    label = tmp_path / "l.png"
    write_png(image, np.zeros((2, 2), np.uint8))
    write_png(label, np.ones((2, 2), np.uint8))
    entry = ExportEntry("a", image, label, "i", "test", True, None)
    export("mvtec", ExportRequest([entry] * 1001, {1: "c"}), tmp_path / "out")
    images = sorted(p.stem for p in (tmp_path / "out/i/test/c").iterdir())
    masks = sorted(p.stem for p in (tmp_path / "out/i/ground_truth/c").iterdir())
    assert (images[0], images[-1]) == ("0000", "1000")
    assert [f"{stem}_mask" for stem in images] == masks


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
    items = [entries[0], dataclasses.replace(entries[0], item="recipes")]
    report = export("mvtec", ExportRequest(items, classes), tmp_path / "out")
    folders = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert folders == {"tile", "recipes-2"}
    assert sum("no good image for train/good" in note for note in report.notes) == 2
