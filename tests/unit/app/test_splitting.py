from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app.splitting import Learning, SplitRow, complete_split, learning, split
from defectstudio.domain.errors import ProjectError, SettingError
from defectstudio.domain.records import Role, Split
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Item 1: ten good groups of two, class crack of five groups; item 2: one group of stains."""
    with Project.create(tmp_path / "project", "tile") as made:
        made.add_class(1, "crack")
        made.add_item("lid")
        made.add_class(2, "stain")
        good = [_image(tmp_path, i, f"g{i // 2}", 0) for i in range(20)]
        cracks = [_image(tmp_path, 20 + i, f"c{i}", 1) for i in range(5)]
        made.add_images(1, [*good, *cracks])
        made.add_images(2, [_image(tmp_path, 30 + i, "s", 1) for i in range(2)])
        yield made


def _image(folder: Path, number: int, group: str, class_id: int) -> NewImage:
    path = folder / f"{number}.png"
    write_png(path, np.full((4, 4), number, np.uint8))
    role = Role.DEFECT if class_id else Role.NORMAL
    return NewImage(path.stem, role, path, group, np.full((4, 4), class_id, np.uint8))


def test_every_item_is_split_by_group(project: Project) -> None:
    report = split(project, seed=3)
    assert report.rows == (
        SplitRow(
            "tile", "good", {"train": 12, "val": 4, "test": 4}, {"train": 6, "val": 2, "test": 2}
        ),
        SplitRow(
            "tile", "crack", {"train": 3, "val": 1, "test": 1}, {"train": 3, "val": 1, "test": 1}
        ),
        SplitRow(
            "lid", "stain", {"train": 2, "val": 0, "test": 0}, {"train": 1, "val": 0, "test": 0}
        ),
    )
    assert report.warnings == (
        "lid, stain: no images in val and test; its 2 images show only 1 part.",
    )
    assert len(project.images(split=Split.TRAIN)) == 17


def test_the_seed_says_it_all(project: Project) -> None:
    def run(seed: int) -> dict[int, Split | None]:
        split(project, seed=seed)
        return {image.id: image.split for image in project.images()}

    first = run(1)
    assert run(2) != first
    assert run(1) == first


def _unpainted(folder: Path, number: int, group: str) -> NewImage:
    """A defect image of the class crack that is still to be painted."""
    return replace(_image(folder, number, group, 1), label=None, class_ids=(1,))


def test_images_to_be_painted_take_no_place(project: Project, tmp_path: Path) -> None:
    ids = project.add_images(1, [_unpainted(tmp_path, 40 + i, f"u{i}") for i in range(5)])
    beside = project.add_images(1, [_unpainted(tmp_path, 50, "c0")])[0]
    crack = split(project, seed=3).rows[1]
    assert crack.images == {"train": 3, "val": 1, "test": 1}
    splits = {image.id: image.split for image in project.images()}
    assert {splits[one] for one in ids} == {None}
    own = {image.split for image in project.images() if image.group == "c0"}
    assert own == {splits[beside]} != {None}


def test_what_is_labeled_later_joins_and_nothing_else_moves(
    project: Project, tmp_path: Path
) -> None:
    tile = project.items()[0]
    split(project, seed=7)
    before = {image.id: image.split for image in project.images()}
    new = project.add_images(1, [_image(tmp_path, 40 + i, f"n{i}", 1) for i in range(5)])
    project.add_images(1, [_unpainted(tmp_path, 50, "u")])
    told = learning(project, tile)
    assert (told.seen, told.kept) == ({"crack": 6}, {"crack": 4})
    assert (told.joining, told.unpainted) == (5, 1)
    complete_split(project, tile)
    after = {image.id: image.split for image in project.images()}
    assert {one: after[one] for one in before} == before
    assert sorted(str(after[one]) for one in new) == ["test", "train", "train", "train", "val"]
    assert learning(project, tile) == replace(told, joining=0)


def test_a_split_is_not_made_of_nothing(tmp_path: Path) -> None:
    with Project.create(tmp_path / "bare", "tile") as bare:
        bare.add_class(1, "crack")
        bare.add_images(1, [_image(tmp_path, i, f"g{i}", 0) for i in range(5)])
        bare.add_images(1, [_unpainted(tmp_path, 10 + i, f"u{i}") for i in range(3)])
        tile = bare.items()[0]
        assert learning(bare, tile) == Learning({}, {}, 0, 3)
        complete_split(bare, tile)
        assert {image.split for image in bare.images()} == {None}


def test_bad_fractions_change_nothing(project: Project) -> None:
    with pytest.raises(SettingError, match=r"sum to 1\.2"):
        split(project, 0.6, 0.2, 0.4)
    assert {image.split for image in project.images()} == {None}


def test_a_project_with_nothing_to_split(tmp_path: Path) -> None:
    with (
        Project.create(tmp_path / "empty", "tile") as empty,
        pytest.raises(ProjectError, match="no images to split"),
    ):
        empty.add_class(1, "crack")
        empty.add_images(1, [_unpainted(tmp_path, 1, "u")])
        split(empty)
