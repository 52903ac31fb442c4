"""What all exporters promise: whole or nothing, verified, with a manifest."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.errors import ExportError, ImageError
from defectstudio.domain.files import sha256_file
from defectstudio.exchange import exporting
from defectstudio.exchange.coco import export_coco
from defectstudio.exchange.exporting import ExportEntry, ExportReport
from defectstudio.exchange.mvtec import export_mvtec
from defectstudio.exchange.png import export_png
from defectstudio.imaging.reading import write_png

Exporter = Callable[..., ExportReport]
ALL = pytest.mark.parametrize("export", [export_coco, export_mvtec, export_png])


@ALL
def test_the_manifest_names_every_file_and_image(
    export: Exporter, entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    steps: list[tuple[int, int]] = []
    report = export(entries, classes, out, progress=lambda *step: steps.append(step))
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
    export: Exporter, entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        export(entries, classes, tmp_path / name)
    assert sha256_file(tmp_path / "one" / "manifest.json") == sha256_file(
        tmp_path / "two" / "manifest.json"
    )


@ALL
def test_an_export_that_ends_early_leaves_nothing(
    export: Exporter, entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(entries, classes, tmp_path / "out", progress=stop)
    broken = [*entries, dataclasses.replace(entries[0], image=tmp_path / "none.png")]
    with pytest.raises(ImageError, match="no such file"):
        export(broken, classes, tmp_path / "out")
    lost = [*entries, dataclasses.replace(entries[0], recipe=tmp_path / "none.json")]
    with pytest.raises(ExportError, match="disk refused"):
        export(lost, classes, tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


KILLED = """
import os, sys
from pathlib import Path
from defectstudio.exchange.exporting import ExportEntry
from defectstudio.exchange.png import export_png
image, out = Path(sys.argv[1]), Path(sys.argv[2])
entries = [ExportEntry(str(i), image, None, "i", None, False, None) for i in range(9)]
export_png(entries, {}, out, progress=lambda done, total: done == 5 and os._exit(9))
"""


def test_a_killed_export_is_invisible_and_the_next_one_clears_it(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(entries[0].image), str(out)],
        env={**os.environ, "PYTHONPATH": str(Path(exporting.__file__).parents[2])},
        check=False,
    )
    assert done.returncode == 9
    assert not out.exists()
    assert [path.name for path in tmp_path.glob("*out*")] in ([], [".out.part"])
    assert len(list((tmp_path / ".out.part" / "images").iterdir())) == 5
    export_png(entries, classes, out)
    assert len(list((out / "images").iterdir())) == len(entries)
    assert not (tmp_path / ".out.part").exists()


def test_what_was_written_wrong_is_noticed(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from defectstudio.exchange import png

    def spoil(path: Path, array: np.ndarray) -> None:
        spoilt = array.copy()
        spoilt[0, 0] = ~spoilt[0, 0]
        write_png(path, spoilt)

    monkeypatch.setattr(png, "write_png", spoil)
    with pytest.raises(ExportError, match="did not read back"):
        export_png(entries, classes, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_lists_that_cannot_be_exported(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(ExportError, match="nothing to export"):
        export_png([], classes, out)
    for bad in ({0: "a"}, {255: "a"}, {1: " "}):
        with pytest.raises(ExportError, match="cannot be exported"):
            export_png(entries, bad, out)
    with pytest.raises(ExportError, match="same name"):
        export_png(entries, {1: "a", 7: "a"}, out)
    with pytest.raises(ExportError, match="unknown class 7"):
        export_png(entries, {1: "crack"}, out)
    wrong = tmp_path / "wrong.png"
    write_png(wrong, np.zeros((30, 20), np.uint8))
    with pytest.raises(ExportError, match="the label has 20 x 30 pixels, its image 30 x 20"):
        export_png([dataclasses.replace(entries[0], label=wrong)], classes, out)
    assert not out.exists()


def test_names_of_several_items_are_told_apart(
    entries: list[ExportEntry], classes: dict[int, str], tmp_path: Path
) -> None:
    two = [entries[0], dataclasses.replace(entries[0], item="wood")]
    export_png(two, classes, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out" / "images").iterdir()}
    assert names == {"tile_a.png", "wood_a.png"}
