from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from defectstudio.domain.errors import ProjectError
from defectstudio.project.place import DATABASE
from defectstudio.project.project import Project

NOBODY = 65534


@contextmanager
def without_rights() -> Iterator[None]:
    """Root may write everywhere, so it becomes nobody meanwhile."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may enter too."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def test_a_new_project_has_its_item_and_identity(tmp_path: Path) -> None:
    with Project.create(tmp_path / "deep" / "new", "tile") as made:
        assert [item.name for item in made.items()] == ["tile"]
        identity = made.id
    with Project.open(tmp_path / "deep" / "new") as opened:
        assert opened.id == identity
    assert len(identity) == 32
    assert [path.name for path in (tmp_path / "deep" / "new").iterdir()] == [DATABASE]


def test_what_a_killed_attempt_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".0123.part.sqlite").touch()
    (tmp_path / ".0123.part.sqlite-wal").touch()
    Project.create(tmp_path, "tile").close()


def test_a_bad_item_name_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="name of the item"):
        Project.create(tmp_path / "new", "a/b")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_folder_of_other_things_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(ProjectError, match="not empty"):
        Project.create(tmp_path, "tile")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_project_is_not_made_over_another(tmp_path: Path) -> None:
    Project.create(tmp_path, "tile").close()
    with pytest.raises(ProjectError, match="already"):
        Project.create(tmp_path, "lid")
    with Project.open(tmp_path) as project:
        assert project.items()[0].name == "tile"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="not a folder"):
        Project.create(tmp_path / "file", "tile")
    with pytest.raises(ProjectError, match="cannot be made"):
        Project.create(tmp_path / "file" / "below", "tile")


@pytest.mark.parametrize("name", ["", "missing"])
def test_no_project(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProjectError, match="no project in this folder") as caught:
        Project.open(tmp_path / name)
    assert DATABASE in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_another_programs_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.execute("CREATE TABLE theirs (id)")
    with pytest.raises(ProjectError, match="another program"):
        Project.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough" * 100])
def test_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE).write_bytes(content)
    with pytest.raises(ProjectError, match=r"not a database|another program"):
        Project.open(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == content or not content


def test_a_damaged_database(tmp_path: Path) -> None:
    Project.create(tmp_path, "tile").close()
    whole = (tmp_path / DATABASE).read_bytes()
    (tmp_path / DATABASE).write_bytes(whole[:4096] + b"\xa5" * 8192 + whole[12288:])
    with pytest.raises(ProjectError, match="damaged"):
        Project.open(tmp_path)


def test_a_truncated_database(tmp_path: Path) -> None:
    Project.create(tmp_path, "tile").close()
    whole = (tmp_path / DATABASE).read_bytes()
    (tmp_path / DATABASE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProjectError, match="damaged"):
        Project.open(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="rights of another kind")
def test_a_project_that_may_not_be_written(open_folder: Path) -> None:
    root = open_folder / "project"
    Project.create(root, "tile").close()
    (root / DATABASE).chmod(0o444)
    root.chmod(0o555)
    with without_rights(), pytest.raises(ProjectError, match=r"cannot be (opened|written)") as err:
        Project.open(root)
    assert "folder" in err.value.remedy


@pytest.mark.skipif(os.name != "posix", reason="rights of another kind")
def test_a_database_that_may_not_be_written(open_folder: Path) -> None:
    root = open_folder / "project"
    Project.create(root, "tile").close()
    (root / DATABASE).chmod(0o444)
    root.chmod(0o777)
    with without_rights(), pytest.raises(ProjectError, match="cannot be written"):
        Project.open(root)


@pytest.mark.skipif(os.name != "posix", reason="rights of another kind")
def test_a_place_that_may_not_be_written(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with without_rights(), pytest.raises(ProjectError, match="cannot be made"):
        Project.create(open_folder / "project", "tile")
