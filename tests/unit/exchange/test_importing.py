"""What is found in folders of every layout, and what is said of files that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from defectstudio.domain.errors import ImportSourceError
from defectstudio.domain.records import Role
from defectstudio.exchange.importing import ImportEntry, ImportPlan, check, scan
from defectstudio.exchange.marks import MaskFile


def _image(path: Path, value: int = 90, shape: tuple[int, int] = (8, 6)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(np.full(shape, value, np.uint8)).save(path)
    return path


def _mask(path: Path, shape: tuple[int, int] = (8, 6), *, empty: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.zeros(shape, np.uint8)
    if not empty:
        values[2:4, 2:4] = 255
    PillowImage.fromarray(values).save(path)
    return path


def _found(plan: ImportPlan) -> set[tuple[str | None, str]]:
    return {(entry.class_name, entry.name) for entry in plan.entries}


def _reasons(plan: ImportPlan) -> dict[str, str]:
    assert all(problem.remedy for problem in plan.problems)
    return {problem.path.name: problem.reason for problem in plan.problems}


def test_class_folders_with_images_and_masks(tmp_path: Path) -> None:
    image = _image(tmp_path / "crack" / "images" / "ä.jpg")
    mask = _mask(tmp_path / "crack" / "masks" / "ä.png")
    _image(tmp_path / "hole" / "Images" / "1.PNG")
    _mask(tmp_path / "hole" / "Masks" / "1_mask.png")
    _image(tmp_path / "good" / "images" / "1.bmp")
    _image(tmp_path / "OK" / "2.png")
    (tmp_path / "crack" / "images" / "notes.txt").write_text("x")
    (tmp_path / "crack" / "images" / ".hidden.gif").write_text("x")
    (tmp_path / ".cache").mkdir()
    plan = scan(tmp_path)
    assert plan.format == "folder"
    assert plan.problems == ()
    assert ImportEntry("ä", Role.DEFECT, "crack", image, MaskFile(mask)) in plan.entries
    assert _found(plan) == {("crack", "ä"), ("hole", "1"), (None, "1"), (None, "2")}


def test_good_images_and_unmarked_defects_of_a_factory(tmp_path: Path) -> None:
    for number, name in enumerate(("gut", "良品", "i.O.")):
        _image(tmp_path / name / f"{number}.png")
    image = _image(tmp_path / "kratzer" / "4.png")
    _image(tmp_path / "loch" / "5.png")
    _mask(tmp_path / "loch" / "5_mask.png")
    _image(tmp_path / "loch" / "6.png")
    plan = scan(tmp_path)
    assert ImportEntry("4", Role.DEFECT, "kratzer", image, None) in plan.entries
    assert _found(plan) == {(None, "0"), (None, "1"), (None, "2"), ("kratzer", "4"), ("loch", "5")}
    # Where others have one, a mask was forgotten.
    assert _reasons(plan) == {"6.png": "it has no mask"}


def test_masks_beside_their_images(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _image(tmp_path / "MT_Crack" / "Imgs" / f"{name}.jpg")
        _mask(tmp_path / "MT_Crack" / "Imgs" / f"{name}.png")
        _image(tmp_path / "MT_Free" / "Imgs" / f"{name}.jpg")
        _mask(tmp_path / "MT_Free" / "Imgs" / f"{name}.png", empty=True)
        _image(tmp_path / "good" / "images" / f"{name}.jpg")
    _image(tmp_path / "dent" / "c.png")
    _mask(tmp_path / "dent" / "c_mask.png")
    plan = scan(tmp_path)
    assert plan.problems == ()
    assert _found(plan) == {
        ("MT_Crack", "a"), ("MT_Crack", "b"), ("dent", "c"),
        (None, "MT_Free_a"), (None, "MT_Free_b"), (None, "a"), (None, "b"),
    }  # fmt: skip
    dent = next(entry for entry in plan.entries if entry.class_name == "dent")
    assert (dent.image.name, dent.mask and dent.mask.path.name) == ("c.png", "c_mask.png")


@pytest.mark.parametrize("apart", [True, False])
def test_a_single_class_is_named_as_its_folder(tmp_path: Path, apart: bool) -> None:
    source = tmp_path / "scratch"
    _image(source / ("images" if apart else "") / "a.jpg")
    _mask(source / ("masks" if apart else "") / "a.png")
    assert _found(scan(source)) == {("scratch", "a")}


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    images, masks = tmp_path / "crack" / "images", tmp_path / "crack" / "masks"
    _image(images / "alone.png")
    _mask(masks / "lost.png")
    _image(images / "twice.png")
    _image(images / "twice.jpg")
    _mask(masks / "twice.png")
    _image(images / "film.png").rename(images / "film.gif")
    flat = tmp_path / "hole"
    _image(flat / "single.png")
    _image(flat / "unclear.jpg")
    _image(flat / "unclear.bmp")
    plan = scan(tmp_path)
    assert plan.entries == ()
    reasons = _reasons(plan)
    assert reasons["alone.png"] == "it has no mask"
    assert reasons["lost.png"] == "the mask has no image"
    assert reasons["twice.jpg"] == "2 files are named twice"
    assert reasons["film.gif"] == ".gif is not a supported picture format"
    assert reasons["single.png"] == "it has no mask"
    assert "cannot be told" in reasons["unclear.bmp"]


def test_mvtec_layout(tmp_path: Path) -> None:
    for part in ("train", "test"):
        _image(tmp_path / part / "good" / "000.png")
    image = _image(tmp_path / "test" / "crack" / "000.png")
    mask = _mask(tmp_path / "ground_truth" / "crack" / "000_mask.png")
    _image(tmp_path / "test" / "hole" / "001.png")
    plan = scan(tmp_path)
    assert plan.format == "mvtec"
    assert _found(plan) == {(None, "train_000"), (None, "test_000"), ("crack", "000")}
    assert ImportEntry("000", Role.DEFECT, "crack", image, MaskFile(mask)) in plan.entries
    assert _reasons(plan) == {"001.png": "it has no mask"}


def test_a_format_can_be_asked_for(tmp_path: Path) -> None:
    _image(tmp_path / "train" / "good" / "000.png")
    assert scan(tmp_path, "mvtec").format == "mvtec"
    (tmp_path / "other").mkdir()
    with pytest.raises(ImportSourceError, match="no images"):
        scan(tmp_path / "other", "mvtec")
    with pytest.raises(ImportSourceError, match="not known"):
        scan(tmp_path, "dicom")


def test_sources_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImportSourceError, match="no such folder"):
        scan(tmp_path / "none")
    _image(tmp_path / "carpet" / "good" / "images" / "a.png")
    with pytest.raises(ImportSourceError, match="one item at a time: carpet"):
        scan(tmp_path)

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied", "x")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ImportSourceError, match="Permission denied"):
        scan(tmp_path)


def test_checking_an_entry(tmp_path: Path) -> None:
    image, mask = _image(tmp_path / "a.png"), _mask(tmp_path / "m.png")
    entry = ImportEntry("a", Role.DEFECT, "crack", image, MaskFile(mask))
    assert check(entry) is None
    assert check(ImportEntry("a", Role.NORMAL, None, image, None)) is None
    _mask(mask, (6, 8))
    problem = check(entry)
    assert problem is not None
    assert problem.path == mask
    assert problem.reason == "the mask has 8 x 6 pixels, its image 6 x 8"
    _mask(mask, empty=True)
    problem = check(entry)
    assert problem is not None
    assert problem.reason == "the mask is empty"
    image.write_bytes(image.read_bytes()[:-20])
    problem = check(entry)
    assert problem is not None
    assert (problem.path, problem.reason) == (image, "the file is truncated")
    assert problem.remedy


def test_a_broken_mask_beside_its_image_is_left_to_the_check(tmp_path: Path) -> None:
    _image(tmp_path / "crack" / "a.jpg")
    (tmp_path / "crack" / "a.png").write_bytes(b"no picture")
    (entry,) = scan(tmp_path).entries
    problem = check(entry)
    assert problem is not None
    assert entry.mask is not None and problem.path == entry.mask.path
