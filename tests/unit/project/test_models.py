from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from defectstudio.domain.errors import CheckpointError, ProjectError
from defectstudio.domain.generators import CARD, WEIGHTS
from defectstudio.domain.records import JobState
from defectstudio.project.models import GENERATORS
from defectstudio.project.project import Project


def test_a_generator_is_copied_whole(project: Project, trained: Callable[..., Path]) -> None:
    source = trained()
    made = project.add_generator(1, " First ", "dcdganc", source)
    assert (made.id, made.item_id, made.name, made.kind) == (1, 1, "First", "dcdganc")
    assert made.folder == project.root / "generators" / "First"
    assert sorted(path.name for path in made.folder.iterdir()) == [CARD, WEIGHTS]
    card = GENERATORS.read_card(made.folder)
    assert (card.step, card.classes, card.weights_sha256) == (
        7, {1: "crack", 2: "hole"}, made.sha256,
    )  # fmt: skip
    assert project.generators() == [made]
    assert project.generator("first ") == made
    assert sorted(path.name for path in source.iterdir()) == [CARD, WEIGHTS]
    assert [path.name for path in made.folder.parent.iterdir()] == ["First"]


def test_the_same_generator_twice_is_one(project: Project, trained: Callable[..., Path]) -> None:
    made = project.add_generator(1, "first", "dcdganc", trained())
    assert project.add_generator(1, "FIRST", "dcdganc", trained()) == made


def test_a_name_is_taken_by_other_weights(project: Project, trained: Callable[..., Path]) -> None:
    project.add_generator(1, "first", "dcdganc", trained())
    with pytest.raises(ProjectError, match="generator of this name"):
        project.add_generator(1, "First", "dcdganc", trained(b"others"))
    assert GENERATORS.read_card(project.generator("first").folder).weights_sha256
    project.add_generator(1, "second", "dcdganc", trained(b"others"))
    assert [one.name for one in project.generators(1)] == ["first", "second"]
    assert project.generators(2) == []


def test_a_folder_a_killed_attempt_left_is_replaced(
    project: Project, trained: Callable[..., Path]
) -> None:
    left = project.root / "generators" / "first"
    left.mkdir(parents=True)
    (left / "old").touch()
    made = project.add_generator(1, "first", "dcdganc", trained())
    assert sorted(path.name for path in made.folder.iterdir()) == [CARD, WEIGHTS]


def test_classes_must_be_those_of_the_item(project: Project, trained: Callable[..., Path]) -> None:
    for classes in ({1: "hole", 2: "crack"}, {3: "stain"}):
        with pytest.raises(ProjectError, match="is not a class of the item"):
            project.add_generator(1, "first", "dcdganc", trained(b"w", classes))
    project.add_generator(1, "first", "dcdganc", trained(b"w", {1: "CRACK"}))
    with pytest.raises(ProjectError, match="no item with the number 4"):
        project.add_generator(4, "second", "dcdganc", trained(b"w"))


def test_folders_that_hold_no_generator(
    project: Project, trained: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="no usable generator"):
        project.add_generator(1, "first", "dcdganc", tmp_path)
    broken = trained(b"broken")
    (broken / CARD).write_text('{"kind": "else"}')
    with pytest.raises(CheckpointError, match="no usable generator"):
        project.add_generator(1, "first", "dcdganc", broken)
    swapped = trained(b"swapped")
    (swapped / WEIGHTS).write_bytes(b"other bytes")
    with pytest.raises(CheckpointError, match="not those the generator's card"):
        project.add_generator(1, "first", "dcdganc", swapped)
    assert project.generators() == []


def test_a_project_that_cannot_take_it(project: Project, trained: Callable[..., Path]) -> None:
    (project.root / "generators").write_bytes(b"a file is in the way")
    with pytest.raises(ProjectError, match="cannot be copied"):
        project.add_generator(1, "first", "dcdganc", trained())
    with pytest.raises(ProjectError, match="name of the generator"):
        project.add_generator(1, "a/b", "dcdganc", trained())
    with pytest.raises(ProjectError, match="no generator of this name"):
        project.generator("first")


def test_a_renamed_model_keeps_its_folder_and_frees_its_name(
    project: Project, trained: Callable[..., Path]
) -> None:
    first = project.add_generator(1, "first", "dcdganc", trained())
    assert project.rename_generator("FIRST", "First").name == "First", "its own name is free"
    renamed = project.rename_generator("first", "older")
    assert (renamed.id, renamed.folder) == (first.id, first.folder)
    second = project.add_generator(1, "First", "dcdganc", trained(b"others"))
    assert second.folder.name == "First (2)" and GENERATORS.read_card(renamed.folder)
    with pytest.raises(ProjectError, match="generator of this name"):
        project.rename_generator("older", "FIRST")
    with pytest.raises(ProjectError, match="name"):
        project.rename_generator("older", "a/b")


def test_a_removed_model_is_gone_with_its_files(
    project: Project, trained: Callable[..., Path]
) -> None:
    made = project.add_generator(1, "first", "dcdganc", trained())
    job = project.add_job("synthesize", "busy")
    with pytest.raises(ProjectError, match="'busy' may work with the models"):
        project.remove_generator("first")
    assert made.folder.exists()
    project.move_job(job.id, JobState.DONE)
    project.remove_generator("first")
    assert project.generators() == [] and not made.folder.exists()
    with pytest.raises(ProjectError, match="no generator of this name"):
        project.remove_generator("first")
