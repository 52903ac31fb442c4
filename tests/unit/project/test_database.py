from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from defectstudio.domain.errors import InternalError, ProjectError
from defectstudio.project import database
from defectstudio.project.database import Database, connect, translated


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with an empty table."""
    made = tmp_path / "a b%20c.sqlite"
    made.touch()
    connection = connect(made)
    connection.execute("CREATE TABLE numbers (value INTEGER PRIMARY KEY)")
    connection.close()
    return made


def _values(store: Database) -> list[int]:
    with store.read() as connection:
        return [row[0] for row in connection.execute("SELECT value FROM numbers ORDER BY value")]


def test_connections_are_safe_by_default(path: Path) -> None:
    connection = connect(path)
    pragmas = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    connection.close()
    assert found == ["wal", 1, 2, 30000]


def test_connecting_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_transaction_is_whole_or_nothing(path: Path) -> None:
    store = Database(path)
    with store.write() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
    with pytest.raises(KeyboardInterrupt), store.write() as connection:
        connection.execute("INSERT INTO numbers VALUES (2)")
        raise KeyboardInterrupt
    assert _values(store) == [1]
    store.close()


def test_threads_have_connections_of_their_own_that_end_with_them(path: Path) -> None:
    store = Database(path)
    seen: list[sqlite3.Connection] = []

    def work() -> None:
        for _ in range(20):
            with store.write() as connection:
                connection.execute("INSERT INTO numbers DEFAULT VALUES")
        seen.append(connection)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_values(store)) == 80
    assert len(set(map(id, seen))) == 4
    # The main thread's connection was made after the others ended.
    for connection in seen:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
    store.close()


def test_nothing_is_written_into_a_file_that_was_taken_away(path: Path) -> None:
    store, aside = Database(path), path.with_name("aside")

    def write() -> None:
        with store.write() as connection:
            connection.execute("INSERT INTO numbers VALUES (7)")

    path.rename(aside)
    with pytest.raises(ProjectError, match="moved or deleted"):
        write()
    path.write_bytes(aside.read_bytes())
    with pytest.raises(ProjectError, match="moved or deleted"):
        write()  # A copy: what is open is still the other one.
    aside.replace(path)
    write()
    assert _values(store) == [7]
    store.close()


def test_use_after_closing_is_our_fault(path: Path) -> None:
    store = Database(path)
    store.close()
    with pytest.raises(InternalError, match="closed"), store.read():
        pass


def test_a_broken_statement_is_our_fault(path: Path) -> None:
    store = Database(path)
    with pytest.raises(InternalError, match="no such table"), store.read() as connection:
        connection.execute("SELECT * FROM absent")
    with pytest.raises(InternalError, match="UNIQUE"), store.write() as connection:
        connection.execute("INSERT INTO numbers VALUES (1), (1)")
    store.close()


def test_a_locked_database_is_the_worlds_fault(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    store = Database(path)
    with pytest.raises(ProjectError, match="another program keeps"), store.write():
        pass
    assert _values(store) == []
    other.close()
    store.close()


def test_a_full_disk_changes_nothing(path: Path) -> None:
    store = Database(path)
    with store.read() as connection:
        connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(ProjectError, match="the disk is full"), store.write() as connection:
        connection.executemany("INSERT INTO numbers VALUES (?)", [(i,) for i in range(100000)])
    assert _values(store) == []
    store.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("SQLITE_READONLY_DIRECTORY", "cannot be written"),
        ("SQLITE_IOERR_WRITE", "the disk reports an error"),
        ("SQLITE_CORRUPT_INDEX", "damaged"),
        ("SQLITE_PERM", "denied"),
        ("SQLITE_CANTOPEN_ISDIR", "cannot be opened"),
        ("SQLITE_NOTADB", "not a database"),
    ],
)
def test_the_worlds_faults_have_words(tmp_path: Path, name: str, reason: str) -> None:
    error = sqlite3.DatabaseError("raw")
    error.sqlite_errorname = name
    with pytest.raises(ProjectError, match=reason) as caught, translated(tmp_path / "p.sqlite"):
        raise error
    assert caught.value.remedy
    assert caught.value.subject == str(tmp_path)
