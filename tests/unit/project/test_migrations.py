from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from defectstudio.domain.errors import ProjectError
from defectstudio.project.database import connect
from defectstudio.project.migrations import (
    APPLICATION_ID,
    MIGRATIONS,
    Migration,
    _apply,
    migrate,
    schema_version,
)
from defectstudio.project.place import DATABASE
from defectstudio.project.project import Project

NEXT = MIGRATIONS[-1].version + 1
MORE = (*MIGRATIONS, Migration(NEXT, "more", ("CREATE TABLE more (id INTEGER)",)))
BROKEN = (*MORE, Migration(NEXT + 1, "broken", ("CREATE TABLE half (id INTEGER)", "NONSENSE")))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The database of a project of the present schema."""
    Project.create(tmp_path, "tile").close()
    with closing(connect(tmp_path / DATABASE)) as connection:
        yield connection


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


def test_numbers_ascend_from_one() -> None:
    assert [step.version for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_fresh_database_gets_everything_and_no_backup(
    tmp_path: Path, database: sqlite3.Connection
) -> None:
    assert schema_version(database) == MIGRATIONS[-1].version
    assert database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    rows = database.execute("SELECT version, name FROM migrations").fetchall()
    assert [tuple(row) for row in rows] == [(step.version, step.name) for step in MIGRATIONS]
    assert not (tmp_path / "backups").exists()


def test_an_older_schema_is_updated_after_a_backup(
    tmp_path: Path, database: sqlite3.Connection
) -> None:
    migrate(database, tmp_path / DATABASE, MORE)
    assert schema_version(database) == NEXT
    assert "more" in _tables(database)
    [backup] = (tmp_path / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as copy:
        assert schema_version(copy) == NEXT - 1
        assert copy.execute("SELECT name FROM items").fetchall() == [("tile",)]
    assert not (tmp_path / "project").exists()


def test_a_step_that_fails_leaves_the_schema_before_it(
    tmp_path: Path, database: sqlite3.Connection
) -> None:
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, tmp_path / DATABASE, BROKEN)
    assert schema_version(database) == NEXT
    assert "half" not in _tables(database)


def test_a_step_another_process_took_meanwhile_is_not_taken_again(
    database: sqlite3.Connection,
) -> None:
    _apply(database, MORE[-1])
    _apply(database, MORE[-1])
    assert schema_version(database) == NEXT


def test_a_newer_schema_is_refused_by_number(tmp_path: Path, database: sqlite3.Connection) -> None:
    migrate(database, tmp_path / DATABASE, MORE)
    with pytest.raises(ProjectError, match=f"schema is {NEXT}.*up to {NEXT - 1}") as caught:
        Project.open(tmp_path)
    assert "Update DefectStudio" in caught.value.remedy


def test_a_backup_that_cannot_be_written_stops_the_update(
    tmp_path: Path, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("defectstudio.project.migrations.migrate.__defaults__", (MORE,))
    (tmp_path / "backups").write_bytes(b"a file is in the way")
    with pytest.raises(ProjectError, match="backed up before its update"):
        Project.open(tmp_path)
    assert schema_version(database) == NEXT - 1


def test_opening_updates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Project.create(tmp_path, "tile").close()
    monkeypatch.setattr("defectstudio.project.migrations.migrate.__defaults__", (MORE,))
    with Project.open(tmp_path) as project:
        assert [item.name for item in project.items()] == ["tile"]
    assert len(list((tmp_path / "backups").iterdir())) == 1
