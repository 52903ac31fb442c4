from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from defectstudio.app import sample_project
from defectstudio.app.sample_project import ITEMS, make_sample_project
from defectstudio.domain.errors import InternalError, ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.generators import CARD, WEIGHTS, DcdgancConfig, GeneratorCard
from defectstudio.domain.records import Role, Split
from defectstudio.imaging.procedural.shapes import DEFECTS


@pytest.fixture
def one_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_project, "ITEMS", {"metal": "brushed metal"})


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of shipped generators, empty; and few small scenes."""
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setattr(sample_project, "resource", tmp_path.joinpath)
    monkeypatch.setattr(sample_project, "_SIDE", 64)
    monkeypatch.setattr(sample_project, "_PER_CLASS", 3)
    monkeypatch.setattr(sample_project, "_GOOD", 4)
    return folder


def _ship(folder: Path, classes: dict[int, str]) -> None:
    folder.mkdir()
    (folder / WEIGHTS).write_bytes(folder.name.encode())
    card = GeneratorCard(
        config=DcdgancConfig(),
        channels=3,
        classes=classes,
        values=dict.fromkeys(classes, 0.5),
        step=1,
        trained_on=(),
        split="train",
        weights_sha256=hashlib.sha256(folder.name.encode()).hexdigest(),
        versions={},
    )
    write_json(folder / CARD, card)


def test_what_it_holds(weights: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    root = tmp_path / "deep" / "sample"
    with make_sample_project(root, progress=lambda *step: steps.append(step)) as project:
        assert [item.name for item in project.items()] == list(ITEMS.values())
        assert project.generators() == []
        for item in project.items():
            assert [found.name for found in project.classes(item.id)] == list(DEFECTS)
            images = project.images(item.id)
            assert len(images) == 4 + 3 * len(DEFECTS)
            assert {image.split for image in images if image.role is Role.NORMAL} == set(Split)
            assert len({image.group for image in images}) == len(images)
            for class_id in range(1, len(DEFECTS) + 1):
                own = [image for image in images if image.class_ids == (class_id,)]
                dealt = sorted(str(image.split) for image in own)
                assert dealt == ["test", "train", "train"], "most of a few are learned from"
                assert all(image.label_file is not None for image in own)
    assert [path.name for path in root.parent.iterdir()] == ["sample"]
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_the_same_every_time(weights: Path, one_item: None, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        with make_sample_project(tmp_path / name) as project:
            found.append(
                [replace(image, file=Path(), label_file=None) for image in project.images()]
            )
    assert found[0] == found[1]


def test_shipped_generators_know_its_classes(weights: Path, tmp_path: Path) -> None:
    turned = dict(enumerate(reversed(DEFECTS), start=1))
    _ship(weights / "sample", turned)
    _ship(weights / "sample-wood", {1: "hole", 2: "bruise"})
    (tmp_path / "here").mkdir()
    with make_sample_project(tmp_path / "here") as project:
        metal, _, wood = project.items()
        assert [found.name for found in project.classes(metal.id)] == list(turned.values())
        assert [found.name for found in project.classes(wood.id)][:3] == [
            "hole",
            "bruise",
            DEFECTS[0],
        ]
        found = {one.name: one.item_id for one in project.generators()}
        assert found == {"sample": metal.id, "sample-wood": wood.id}


def test_a_build_without_weights(
    weights: Path, one_item: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*parts: str) -> Path:
        raise InternalError("a file of the program is missing")

    monkeypatch.setattr(sample_project, "resource", missing)
    with make_sample_project(tmp_path / "sample") as project:
        assert project.generators() == []


def test_a_folder_in_use_is_not_touched(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="not empty"):
        make_sample_project(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="not empty"):
        make_sample_project(tmp_path / "file")
    with pytest.raises(ProjectError, match="cannot be"):
        make_sample_project(tmp_path / "file" / "below")
    assert not [path for path in tmp_path.iterdir() if ".part" in path.name]


def test_a_failure_leaves_nothing(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sample_project, "write_sample_set", full)
    with pytest.raises(ProjectError, match="No space left"):
        make_sample_project(tmp_path / "sample")
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]
