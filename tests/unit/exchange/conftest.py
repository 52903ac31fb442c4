"""A small frozen list of entries: deep, colour, multi-class, void, good and synthetic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from defectstudio.exchange.exporting import ExportEntry, ExportReport, ExportRequest, export
from defectstudio.imaging.reading import write_png
from tests.unit.exchange.planes import NAMES

Exported = Callable[[str, np.ndarray], tuple[Path, ExportReport]]


@pytest.fixture
def classes() -> dict[int, str]:
    return {1: "crack", 7: "hole/äh"}


@pytest.fixture
def entries(tmp_path: Path) -> list[ExportEntry]:
    rng = np.random.default_rng(5)
    source = tmp_path / "source"
    made = []

    def add(name: str, label: np.ndarray | None, split: str | None, *, deep: bool = False) -> None:
        kind, top = (np.uint16, 4095) if deep else (np.uint8, 255)
        shape = (20, 30) if deep else (20, 30, 3)
        image, plane = source / f"{len(made)}.png", source / f"{len(made)}_label.png"
        write_png(image, rng.integers(0, top, shape, dtype=kind, endpoint=True))
        if label is not None:
            write_png(plane, label)
        recipe = source / f"{len(made)}.json" if name.startswith("made") else None
        if recipe:
            recipe.write_text('{"seed": 1}')
        made.append(
            ExportEntry(
                name, image, None if label is None else plane, "tile", split, bool(recipe), recipe
            )
        )

    one = np.zeros((20, 30), np.uint8)
    one[2:5, 3:9] = 1
    one[10, 10], one[11, 11], one[19, 29] = 1, 1, 1
    both = one.copy()
    both[12:18, 0:4], both[13, 1], both[0, 20:] = 7, 0, 255
    add("a", one, "train")
    add("A", both, "val")
    add("deep", one, "test", deep=True)
    add("good", None, "train")
    add("good2", np.zeros((20, 30), np.uint8), "val")
    add("good3", None, "test")
    add("made", both.T.reshape(20, 30), None)
    return made


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Exports a label under the name "größe" and the classes NAMES into a new folder."""

    def run(format: str, label: np.ndarray) -> tuple[Path, ExportReport]:
        folder = tmp_path_factory.mktemp("out")
        write_png(folder / "image.png", label)
        write_png(folder / "label.png", label)
        entry = ExportEntry(
            "größe", folder / "image.png", folder / "label.png", "i", None, True, None
        )
        return folder / "out", export(format, ExportRequest([entry], NAMES), folder / "out")

    return run
