"""What all exporters promise: whole or nothing, verified, with a manifest."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.errors import ExportError, ImageError
from defectstudio.domain.files import sha256_file
from defectstudio.exchange import exporting
from defectstudio.exchange.exporting import WRITERS, ExportEntry, ExportRequest, export
from defectstudio.exchange.journal import Journal, Row
from defectstudio.exchange.writers import writer
from defectstudio.imaging.reading import read_image, read_label, write_png
from tests.children import importing_from

ALL = pytest.mark.parametrize("format", WRITERS)


@ALL
def test_the_manifest_names_every_file_and_image(
    format: str, entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    steps: list[tuple[int, int]] = []
    report = export(
        format, ExportRequest(entries, classes), out, progress=lambda *step: steps.append(step)
    )
    assert steps[0] == (0, 7)
    assert steps[-1] == (7, 7)
    assert (report.images, report.synthetic, report.out) == (7, 1, out)
    assert report.defects == {"crack": 4, "hole/äh": 2}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == files - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert sha256_file(out / name) == digest
    assert manifest["classes"] == {"1": "crack", "7": "hole/äh"}
    assert manifest["notes"] == list(report.notes)
    by_source = {line["source_sha256"]: line for line in manifest["images"]}
    for entry in entries:
        line = by_source[sha256_file(entry.image)]
        assert (line["split"], line["synthetic"], line["item"]) == (
            entry.split, entry.synthetic, "tile",
        )  # fmt: skip
        assert line["image"] in files
        assert set(line["labels"]) <= files
        if entry.recipe:
            assert (out / line["recipe"]).read_bytes() == entry.recipe.read_bytes()
            assert line["recipe"] == f"recipes/{line['name']}.json"
        else:
            assert line["recipe"] is None


@ALL
def test_the_same_list_gives_the_same_bytes(
    format: str, entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        export(format, ExportRequest(entries, classes), tmp_path / name)
    assert sha256_file(tmp_path / "one" / "manifest.json") == sha256_file(
        tmp_path / "two" / "manifest.json"
    )


@ALL
def test_an_export_that_ends_early_leaves_nothing(
    format: str, entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(format, ExportRequest(entries, classes), tmp_path / "out", progress=stop)
    broken = [*entries, dataclasses.replace(entries[0], image=tmp_path / "none.png")]
    with pytest.raises(ImageError, match="no such file"):
        export(format, ExportRequest(broken, classes), tmp_path / "out")
    lost = [*entries, dataclasses.replace(entries[0], recipe=tmp_path / "none.json")]
    with pytest.raises(ExportError, match="disk refused"):
        export(format, ExportRequest(lost, classes), tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


KILLED = """
import os, sys
from pathlib import Path
from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
image, out = Path(sys.argv[1]), Path(sys.argv[2])
entries = [ExportEntry(str(i), image, None, "i", None, False, None) for i in range(9)]
stop = lambda done, total: done == 5 and os._exit(9)
export(sys.argv[3], ExportRequest(entries, {}), out, progress=stop)
"""


def _killed(format: str, image: Path, out: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(image), str(out), format],
        env=importing_from(Path(exporting.__file__).parents[2]),
        check=False,
    )
    assert done.returncode == 9
    assert not out.exists()
    assert [path.name for path in out.parent.glob("*out*")] == [".out.part"]


def _nine(image: Path) -> ExportRequest:
    return ExportRequest(
        [ExportEntry(str(i), image, None, "i", None, False, None) for i in range(9)], {}
    )


@pytest.mark.parametrize("format", ["coco", "mvtec"])
def test_a_killed_export_goes_on(format: str, entries: list[ExportEntry], tmp_path: Path) -> None:
    out, image = tmp_path / "out", entries[0].image
    _killed(format, image, out)
    request = _nine(image)
    steps: list[int] = []
    export(format, request, out, progress=lambda done, total: steps.append(done))
    assert steps == [5, 6, 7, 8, 9]
    export(format, request, tmp_path / "whole")
    assert _files(out) == _files(tmp_path / "whole")


def test_what_a_killed_export_left_damaged_is_made_again(
    entries: list[ExportEntry], tmp_path: Path
) -> None:
    out, image = tmp_path / "out", entries[0].image
    _killed("png", image, out)
    (tmp_path / ".out.part" / "images" / "3.png").write_bytes(b"damaged")
    steps: list[int] = []
    export("png", _nine(image), out, progress=lambda done, total: steps.append(done))
    assert steps[0] == 3
    np.testing.assert_array_equal(read_image(out / "images" / "3.png"), read_image(image))


def test_another_export_clears_what_a_killed_one_left(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    _killed("png", entries[0].image, out)
    export("png", ExportRequest(entries, classes), out)
    assert len(list((out / "images").iterdir())) == len(entries)
    assert not (tmp_path / ".out.part").exists()


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256_file(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_was_written_wrong_is_noticed(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def spoil(path: Path, array: np.ndarray) -> None:
        spoilt = array.copy()
        spoilt[0, 0] = ~spoilt[0, 0]
        write_png(path, spoilt)

    monkeypatch.setattr(writer, "write_png", spoil)
    with pytest.raises(ExportError, match="did not read back"):
        export("png", ExportRequest(entries, classes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_lists_that_cannot_be_exported(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(ExportError, match="nothing to export"):
        export("png", ExportRequest([], classes), out)
    for bad in ({0: "a"}, {255: "a"}, {1: " "}):
        with pytest.raises(ExportError, match="cannot be exported"):
            export("png", ExportRequest(entries, bad), out)
    with pytest.raises(ExportError, match="same name"):
        export("png", ExportRequest(entries, {1: "a", 7: "a"}), out)
    with pytest.raises(ExportError, match="unknown class 7"):
        export("png", ExportRequest(entries, {1: "crack"}), out)
    wrong = tmp_path / "wrong.png"
    write_png(wrong, np.zeros((30, 20), np.uint8))
    with pytest.raises(ExportError, match="the label has 20 x 30 pixels, its image 30 x 20"):
        export("png", ExportRequest([dataclasses.replace(entries[0], label=wrong)], classes), out)
    assert not out.exists()


def test_names_of_several_items_are_told_apart(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    two = [entries[0], dataclasses.replace(entries[0], item="wood")]
    export("png", ExportRequest(two, classes), tmp_path / "out")
    names = {path.name for path in (tmp_path / "out" / "images").iterdir()}
    assert names == {"tile_a.png", "wood_a.png"}


@ALL
def test_merged_classes_are_one(
    format: str, entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    report = export(format, ExportRequest(entries, classes, {7: 1}), tmp_path / "out")
    assert report.defects == {"crack": 4}
    assert "hole/äh is exported as crack." in report.notes
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["classes"] == {"1": "crack"}
    assert {tuple(line["class_ids"]) for line in manifest["images"]} == {(), (1,)}


def test_pieces_show_every_defect_and_fit_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    image = rng.integers(0, 255, (50, 70), dtype=np.uint8)
    label = np.zeros_like(image)
    label[3:20, 3:5], label[49, 69] = 1, 1
    for name, array in (("i", image), ("l", label), ("g", image)):
        write_png(tmp_path / f"{name}.png", array)
    entries = [
        ExportEntry("a", tmp_path / "i.png", tmp_path / "l.png", "x", None, False, None),
        ExportEntry("good", tmp_path / "g.png", None, "x", None, False, None),
    ]
    report = export("png", ExportRequest(entries, {1: "c"}, tile=16), tmp_path / "out")
    assert any("pieces of 16 pixels" in note for note in report.notes)
    canvas, seen = np.zeros_like(label), np.zeros_like(image)
    for plane in (tmp_path / "out" / "labels").iterdir():
        stem, y, x = plane.stem.rsplit("_", 2)
        place = slice(int(y[1:]), int(y[1:]) + 16), slice(int(x[1:]), int(x[1:]) + 16)
        pixels = read_image(tmp_path / "out" / "images" / plane.name)
        np.testing.assert_array_equal(pixels, image[place])
        if stem == "a":
            canvas[place] |= read_label(plane)
            assert read_label(plane).any()
        else:
            seen[place] = pixels
    np.testing.assert_array_equal(canvas, label)
    np.testing.assert_array_equal(seen, image)


def test_requests_that_make_no_sense(entries: list[ExportEntry], classes: dict[int, str]) -> None:
    for wrong, reason in (
        (ExportRequest(entries, classes, {7: 9}), "a class to merge is not there"),
        (ExportRequest(entries, classes, {7: 1, 1: 7}), "merged itself"),
        (ExportRequest(entries, classes, tile=8), "too small"),
    ):
        with pytest.raises(ExportError, match=reason):
            wrong.check()


def test_an_unknown_format(entries: list[ExportEntry], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="not known"):
        export("gif", ExportRequest(entries, {1: "a"}), tmp_path / "out")


def test_a_picture_named_as_the_manifest_keeps_its_label(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    named = [dataclasses.replace(entries[0], name="Manifest")]
    export("labelme", ExportRequest(named, classes), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "Manifest-2.json").read_text())["shapes"]
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["images"]


def test_names_with_line_ends_of_unicode_do_not_spoil_the_journal(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    row = Row("a\u2028b", "i", None, False, (), 1, 1, "", "a", (), None, False, None)
    journal = Journal(tmp_path, "key")
    journal.add([row], ["a"])
    journal.close()
    again = Journal(tmp_path, "key")
    again.close()
    assert again.entries == 1
    assert list(again.rows()) == [row]
