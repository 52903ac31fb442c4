from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from defectstudio.app.projects import forget, new_project, open_project, recent_projects, remember
from defectstudio.app.replaying import find_project
from defectstudio.app.settings import HOME
from defectstudio.domain.errors import ProjectError
from defectstudio.project.unpacking import unpack


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    return tmp_path / "home"


def test_new_and_open(tmp_path: Path) -> None:
    with new_project(tmp_path / "p", "tile") as made:
        identity = made.id
    for path in (tmp_path / "p", tmp_path / "p" / "project.sqlite"):
        with open_project(path) as opened:
            assert opened.id == identity
    with pytest.raises(ProjectError):
        new_project(tmp_path / "p", "tile")
    with pytest.raises(ProjectError):
        open_project(tmp_path)


def test_the_last_one_comes_first(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "a"):
        path = tmp_path / name
        with open_project(path) if path.exists() else new_project(path, "tile") as project:
            assert remember(project) == ""
    recent, note = recent_projects()
    assert [one.name for one in recent] == ["a", "c", "b"]
    assert note == ""
    assert recent[0].path == tmp_path / "a"
    assert forget(tmp_path / "c") == ""
    assert [one.name for one in recent_projects()[0]] == ["a", "b"]


def test_a_moved_project_is_remembered_once(tmp_path: Path) -> None:
    with new_project(tmp_path / "a", "tile") as project:
        remember(project)
    (tmp_path / "a").rename(tmp_path / "b")
    assert recent_projects()[0] == ()
    with open_project(tmp_path / "b") as project:
        remember(project)
    assert [one.name for one in recent_projects()[0]] == ["b"]


def test_a_project_and_its_unpacked_copy_are_both_remembered(tmp_path: Path) -> None:
    with new_project(tmp_path / "a", "tile") as project:
        remember(project)
        project.pack(tmp_path / "a.tar")
    unpack(tmp_path / "a.tar", tmp_path / "copy")
    with open_project(tmp_path / "copy") as copy:
        remember(copy)
        # Recipes find their backgrounds and weights by it, in either.
        assert copy.id == project.id
    assert [one.name for one in recent_projects()[0]] == ["copy", "a"]
    assert find_project(tmp_path / "out", project.id) == tmp_path / "copy"
    shutil.rmtree(tmp_path / "copy")
    assert find_project(tmp_path / "out", project.id) == tmp_path / "a"


def test_only_some_are_remembered(tmp_path: Path) -> None:
    for number in range(14):
        with new_project(tmp_path / str(number), "tile") as project:
            remember(project)
    assert [one.name for one in recent_projects()[0]] == [str(13 - n) for n in range(12)]


def test_a_project_is_used_though_settings_cannot_be_written(home: Path, tmp_path: Path) -> None:
    home.write_bytes(b"a file is in the way")
    with new_project(tmp_path / "p", "tile") as project:
        assert "cannot be written" in remember(project)
    assert "cannot be read" in recent_projects()[1]
