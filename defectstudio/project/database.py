"""Connections to a project's database: one a thread, transactions, errors in plain words."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from defectstudio.domain.errors import InternalError, ProjectError

BUSY_SECONDS = 30.0
"""How long a statement waits for another process that writes."""

_WORLD = {
    "SQLITE_BUSY": (
        "another program keeps the project locked",
        "Close the other program, or wait until it is done, then try again.",
    ),
    "SQLITE_READONLY": (
        "the project cannot be written",
        "Allow writing to its folder and files, or copy it to a place where you may write.",
    ),
    "SQLITE_CANTOPEN": (
        "the project's database cannot be opened",
        "Check that its folder exists and that you may read and write there.",
    ),
    "SQLITE_PERM": ("access to the project's database is denied", "Check its permissions."),
    "SQLITE_FULL": ("the disk is full", "Free some space, then try again; nothing was changed."),
    "SQLITE_IOERR": ("the disk reports an error", "Check the disk, then try again."),
    "SQLITE_NOTADB": (
        "project.sqlite is not a database",
        "Restore it from a copy, or choose another folder.",
    ),
    "SQLITE_CORRUPT": (
        "the project's database is damaged",
        "Restore project.sqlite from a copy; the folder backups may hold one.",
    ),
}


class Database:
    """The database file of a project, usable from several threads.

    Every thread gets its own connection; those of threads that have ended are closed when
    the next thread asks for one. The file must exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._guard = threading.Lock()
        self._writing = threading.RLock()
        self._opened, self._was_gone = path.stat(), False
        self.closed = False

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from. Raises ProjectError when the world failed."""
        with translated(self.path):
            yield self._connection()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed when the block ends, undone when it raises.

        It takes the write lock at once, so that what the block reads still holds when it writes.
        """
        with self._writing, translated(self.path):
            self.check_there()
            connection = self._connection()
            try:
                with transaction(connection):
                    yield connection
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorname", "").startswith("SQLITE_READONLY"):
                    self._forget()  # opened while the disk was closed, it would stay so
                raise

    def check_there(self) -> None:
        """Raise ProjectError when the file was taken away, until it is back itself: into what is
        deleted while it is open, a system goes on writing without a word."""
        try:
            found = self.path.stat()
        except OSError:
            self._was_gone = True
        else:
            # Only then: network drives number their files as they like.
            self._was_gone = self._was_gone and not os.path.samestat(found, self._opened)
        if self._was_gone:
            raise ProjectError(
                "the project's folder was moved or deleted while it was open",
                subject=self.path.parent,
                remedy="Put it back where it was, or close the project and open it again.",
            )

    def close(self) -> None:
        """Close the connections of all threads; the database cannot be used afterwards."""
        with self._guard:
            self.closed = True
            connections = list(self._connections.values())
            self._connections.clear()
        for connection in connections:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        thread = threading.current_thread()
        with self._guard:
            if self.closed:
                raise InternalError("the project is used after it was closed", subject=self.path)
            found = self._connections.get(thread)
            if found is None:
                self._forget_ended_threads()
                found = self._connections[thread] = connect(self.path)
        return found

    def _forget(self) -> None:
        with self._guard:
            found = self._connections.pop(threading.current_thread(), None)
        if found is not None:
            found.close()

    def _forget_ended_threads(self) -> None:
        for thread in [one for one in self._connections if not one.is_alive()]:
            self._connections.pop(thread).close()


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing database file in WAL mode with foreign keys, in autocommit.

    `synchronous=FULL` makes a commit survive the loss of power, not only of the process.
    Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.row_factory = sqlite3.Row
        # A schema may come from anybody: it calls no function that reaches beyond the database.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block does, or undo all of it when it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back by itself; then there is nothing left to undo.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours: ProjectError when the world failed, else InternalError."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        name = getattr(error, "sqlite_errorname", "")
        for prefix, (reason, remedy) in _WORLD.items():
            if name.startswith(prefix):
                raise ProjectError(reason, subject=path.parent, remedy=remedy) from error
        if isinstance(error, UnicodeDecodeError) or "UTF-8" in str(error):
            reason, remedy = _WORLD["SQLITE_CORRUPT"]
            raise ProjectError(reason, subject=path.parent, remedy=remedy) from error
        raise InternalError(f"a database statement failed: {error}", subject=path) from error
