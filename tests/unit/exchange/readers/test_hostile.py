"""What fuzzing found in importers, kept."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.exchange.importing import check, scan
from defectstudio.exchange.marks import CornerPolygon, Drawn
from defectstudio.imaging.reading import write_png


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for folder in ("", "images", "labels"):
        (tmp_path / folder).mkdir(exist_ok=True)
        write_png(tmp_path / folder / "a.png", np.full((8, 10), 3, np.uint8))
    (tmp_path / "labels" / "a.png").unlink()
    return tmp_path


@pytest.mark.parametrize(
    ("image", "annotation"),
    [
        ({"height": float("inf")}, {}),
        ({"height": "9" * 5000}, {}),
        ({"file_name": "\ud800.png"}, {}),
        ({"file_name": "a" * 300}, {}),
        ({"file_name": "/".join("a" * 3000)}, {}),
        ({}, {"segmentation": {"counts": [float("nan"), 80]}}),
        ({}, {"segmentation": {"counts": [float("inf")]}}),
        ({}, {"segmentation": [[1, 1, 10**400, 2, 3, 3]]}),
    ],
)
def test_coco(source: Path, image: dict[str, Any], annotation: dict[str, Any]) -> None:
    segmentation = {"segmentation": [[1, 1, 4, 1, 4, 4]], **annotation}
    table = {
        "images": [{"id": 1, "file_name": "a.png", "height": 8, "width": 10, **image}],
        "categories": [{"id": 1, "name": "crack"}],
        "annotations": [{"id": 5, "image_id": 1, "category_id": 1, **segmentation}],
    }
    (source / "annotations.json").write_text(json.dumps(table))
    plan = scan(source, "coco")
    assert plan.problems and all(one.reason and one.remedy for one in plan.problems)


@pytest.mark.parametrize(
    "shape",
    [
        {"shape_type": "mask", "points": [[1, 1], [float("inf"), 2]]},
        {"shape_type": "mask", "points": [[1, 1], [2, float("nan")]]},
        {"shape_type": "polygon", "points": [[1, 1], [10**400, 2], [2, 2]]},
    ],
)
def test_labelme(source: Path, shape: dict[str, Any]) -> None:
    shapes = [{"label": "crack", "mask": "", **shape}]
    whole = {"imagePath": "a.png", "imageHeight": 8, "imageWidth": 10, "shapes": shapes}
    (source / "a.json").write_text(json.dumps(whole))
    plan = scan(source, "labelme")
    assert plan.entries == () and plan.problems


def test_yolo(source: Path) -> None:
    with pytest.raises(ImportSourceError, match="no images"):
        scan(source, "yolo")
    (source / "data.yaml").write_text("names: [crack]")
    for line, reason in ((f"{'9' * 5000} 0 0 1 0 1 1", "unknown class"), ("0", "fewer than three")):
        (source / "labels" / "a.txt").write_text(line)
        plan = scan(source, "yolo")
        found = [*plan.problems, *(check(entry) for entry in plan.entries)]
        assert reason in found[0].reason  # type: ignore[union-attr]


def test_links(source: Path) -> None:
    """One that leads to itself, to a device that never ends, and to nothing."""
    (source / "loop.png").symlink_to("loop.png")
    (source / "gone.png").symlink_to("nowhere.png")
    (source / "a.json").symlink_to("/dev/zero")
    assert scan(source).format == "folder"
    table = {"images": [{"id": 1, "file_name": "loop.png", "height": 8, "width": 10}],
             "categories": [], "annotations": []}  # fmt: skip
    (source / "annotations.json").write_text(json.dumps(table))
    assert "cannot be followed" in scan(source, "coco").problems[0].reason
    shapes: dict[str, Any] = {"imagePath": "a.png", "imageHeight": 8, "imageWidth": 10}
    (source / "b.json").write_text(json.dumps({**shapes, "shapes": []}))
    names = {entry.name for entry in scan(source, "labelme").entries}
    assert names == {"b", "gone", "loop"}
    (source / "annotations.xml").symlink_to("/dev/zero")
    with pytest.raises(ImportSourceError, match="no plain file"):
        scan(source, "cvat")


def test_two_sides_below_nothing_make_no_area(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="cannot be"):
        Drawn(tmp_path, -5, -5, ()).read()


def test_rings_against_fractions() -> None:
    """A centre is in a ring where a ray to the right crosses its sides an odd number of times."""
    rng = np.random.default_rng(0)
    for _ in range(12):
        points = rng.uniform(-3, 15, (rng.integers(3, 12), 2))
        mask = np.zeros((9, 11), bool)
        CornerPolygon(points).paint(mask)
        ring = [(Fraction(x), Fraction(y)) for x, y in (points - 0.5).tolist()]
        for row, column in np.ndindex(9, 11):
            crossed = [
                x0 + (row - y0) * (x1 - x0) / (y1 - y0) > column
                for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True)
                if (y0 <= row) != (y1 <= row)
            ]
            assert mask[row, column] == sum(crossed) % 2


def test_a_ring_of_many_points_is_no_bomb() -> None:
    """A test of each centre against each side would take minutes."""
    mask = np.zeros((200, 200), bool)
    CornerPolygon(np.random.default_rng(0).uniform(0, 200, (50_000, 2))).paint(mask)
    assert 0.3 < mask.mean() < 0.7
