"""What foreign programs read of our exports, to the pixel.

    python -m tests.benchmarks.readers --python VENV/bin/python ... [--images N] [--json]

The environments hold the readers (supervision, datumaro, labelme, ultralytics, anomalib, pypng);
one that is in none is passed over. Pictures have 8 and 16 bits and names beyond ASCII, their
labels holes, many parts, single pixels and pixels at the border; some are good.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from defectstudio.exchange.exporting import WRITERS, ExportEntry, ExportRequest, export
from defectstudio.imaging.reading import read_label, write_png
from defectstudio.imaging.types import Label

CLASSES = {1: "Riß", 2: "hole", 9: "污れ"}
ITEM = "Gehäuse 筐体"
READERS = {
    "coco": ("pycocotools", "supervision", "datumaro"),
    "coco-polygons": ("pycocotools", "supervision", "datumaro"),
    "yolo": ("supervision", "ultralytics"),
    "voc": ("datumaro",),
    "labelme": ("labelme",),
    "labelme-polygons": ("labelme",),
    "cvat": ("datumaro",),
    "mvtec": ("anomalib",),
    "mvtec2": ("anomalib",),
    "png": ("pypng",),
}
_CHILD = Path(__file__).with_name("readers_child.py")


@dataclass(frozen=True)
class Outcome:
    """One format read by one program. equal: images whose masks are identical, of `images`."""

    format: str
    reader: str
    version: str
    images: int
    equal: int
    losses: tuple[str, ...]


def entries(folder: Path, number: int) -> Iterator[ExportEntry]:
    """Pictures with labels of every kind; every seventh is good, every fifth has 16 bits."""
    rng = np.random.default_rng(0)
    for i in range(number):
        label = np.zeros((48, 64), np.uint8) if i % 7 == 0 else _label(rng)
        kind, top = (np.uint16, 4095) if i % 5 == 0 else (np.uint8, 255)
        write_png(folder / f"{i}.png", rng.integers(0, top, label.shape, dtype=kind))
        write_png(folder / f"{i}_label.png", label)
        split = ("train", "val", "test")[i % 3]
        yield ExportEntry(
            f"größe {i:05d} 画像", folder / f"{i}.png", folder / f"{i}_label.png", ITEM, split,
            False, None,
        )  # fmt: skip


def _label(rng: np.random.Generator) -> Label:
    """Blobs with holes, many parts, single pixels and pixels at the border."""
    label = np.zeros((48, 64), np.uint8)
    for class_id in rng.permutation(list(CLASSES))[: rng.integers(1, 4)]:
        coarse = rng.random((12, 16)) > rng.choice([0.7, 0.9])
        label[np.kron(coarse, np.ones((4, 4), bool)) & (rng.random((48, 64)) > 0.1)] = class_id
        label[rng.integers(0, 48, 5), rng.integers(0, 64, 5)] = class_id
        label[rng.choice([0, 47]), rng.choice([0, 63])] = class_id
    return label


def measure(pythons: list[Path], number: int) -> Iterator[Outcome]:
    """Every format that some reader reads."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = list(entries(folder / "source", number))
        for format in WRITERS:
            out = folder / format
            report = export(format, ExportRequest(made, CLASSES), out)
            wanted = _wanted(out, made)
            for reader in READERS[format]:
                run = [Path(sys.executable)] if reader == "pycocotools" else pythons
                tries = (_read(reader, format, out, one, folder / "found") for one in run)
                if found := next((one for one in tries if one), None):
                    version, planes = found
                    yield Outcome(
                        format, reader, version, len(wanted),
                        sum(_equal(planes.get(name), label) for name, label in wanted.items()),
                        report.notes,
                    )  # fmt: skip


def _wanted(out: Path, made: list[ExportEntry]) -> dict[str, Label]:
    """File name in the export -> the label it was made of."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    sources = {entry.name: entry.label for entry in made}
    return {row["image"]: read_label(sources[row["name"]]) for row in manifest["images"]}


def _equal(found: Label | None, label: Label) -> bool:
    """A reader without classes gives 0 and 255; one that misses an image gives None."""
    if found is None:
        return False
    plain = found if not set(np.unique(found)) <= {0, 255} else (found > 0) * np.uint8(1)
    wanted = label if plain is found else (label > 0) * np.uint8(1)
    return np.array_equal(plain, wanted)


def _read(
    reader: str, format: str, out: Path, python: Path, found: Path
) -> tuple[str, dict[str, Label]] | None:
    """The reader's version and the planes it makes; None when it is not installed."""
    classes = json.dumps({name: class_id for class_id, name in CLASSES.items()})
    command = [str(python), str(_CHILD), reader, format, str(out), str(found), classes]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=out)
    if done.returncode == 7:
        return None
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1]}", {"": np.ones((1, 1), np.uint8)}
    with np.load(found.with_suffix(".npz"), allow_pickle=False) as planes:
        return done.stdout.strip().splitlines()[-1], dict(planes)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--python",
        type=Path,
        action="append",
        default=[],
        help="python of an environment with the readers",
    )
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    outcomes = list(measure(given.python, given.images))
    if given.json:
        print(json.dumps([asdict(one) for one in outcomes], ensure_ascii=False, indent=1))
        return
    for one in outcomes:
        print(f"{one.format:17} {one.reader:12} {one.version:10} {one.equal}/{one.images} equal")


if __name__ == "__main__":
    main()
