"""Making and opening a project's folder."""

from __future__ import annotations

import secrets
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from defectstudio.domain.errors import ProjectError
from defectstudio.project.catalog import insert_item
from defectstudio.project.database import connect, transaction, translated
from defectstudio.project.migrations import APPLICATION_ID, check_known, migrate, schema_version
from defectstudio.project.place import DATABASE
from defectstudio.project.soundness import check_links, check_rows, check_schema


def make(root: Path, item: str) -> None:
    """Make a project folder with one item.

    The database appears under its name only when it is whole. Raises ProjectError when `root`
    is a project already, holds other things or cannot be written.
    """
    check_free(root)
    beside = root / f".{secrets.token_hex(8)}.part.sqlite"
    try:
        root.mkdir(parents=True, exist_ok=True)
        beside.touch()
        with translated(beside):
            _fill(beside, item)
        beside.replace(root / DATABASE)
    except OSError as error:
        raise ProjectError(
            f"the project's folder cannot be made ({error.strerror or error})",
            subject=root,
            remedy="Choose a place where you may write.",
        ) from error
    finally:
        if root.is_dir():
            beside.unlink(missing_ok=True)


def check(root: Path) -> None:
    """Check that `root` holds a whole project of ours, and bring its schema up to date.

    Raises ProjectError: no project, damaged, another program's database, newer, not writable.
    """
    path = root / DATABASE
    if not path.is_file():
        raise ProjectError(
            "there is no project in this folder",
            subject=root,
            remedy=f"Choose a folder with a {DATABASE}, or make a new project.",
        )
    try:
        check_links(root)
        with translated(path), closing(connect(path)) as connection:
            _check_ours(connection, root)
            migrate(connection, path)
            check_rows(connection, schema_version(connection), root)
            _check_writable(connection)
    except OSError as error:
        raise ProjectError(
            f"the project cannot be backed up before its update ({error.strerror or error})",
            subject=root,
            remedy="Free some space or allow writing to the project's folder.",
        ) from error


def read_meta(connection: sqlite3.Connection, key: str) -> str:
    """A value of the project as a whole."""
    return str(connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0])


def check_free(root: Path) -> None:
    """Raise ProjectError unless `root` is new or an empty folder."""
    try:
        names = {path.name for path in root.iterdir()} if root.exists() else set()
    except OSError as error:
        raise ProjectError(
            f"this is not a folder that can be read ({error.strerror or error})", subject=root
        ) from error
    if DATABASE in names:
        raise ProjectError(
            "there is a project in this folder already",
            subject=root,
            remedy="Open it, or choose another folder.",
        )
    # What a killed attempt left does not make the folder somebody's.
    if any(".part" not in name for name in names):
        raise ProjectError(
            "the folder is not empty", subject=root, remedy="Choose a new or an empty folder."
        )


def _fill(path: Path, item: str) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, path)
        with transaction(connection):
            connection.executemany(
                "INSERT INTO meta (key, value) VALUES (?, ?)",
                [
                    ("id", uuid.uuid4().hex),
                    ("created", datetime.now(UTC).isoformat(timespec="seconds")),
                ],
            )
            insert_item(connection, item)


def _check_writable(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.OperationalError now, not at the first change, where writing is denied."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("UPDATE meta SET value = value WHERE key = 'id'")
    finally:
        connection.execute("ROLLBACK")


def _check_ours(connection: sqlite3.Connection, root: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise ProjectError(
            f"{DATABASE} belongs to another program",
            subject=root,
            remedy="Choose the folder of a DefectStudio project.",
        )
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise ProjectError(
            f"the project's database is damaged ({verdict})",
            subject=root,
            remedy="Restore project.sqlite from a copy; the folder backups may hold one.",
        )
    version = schema_version(connection)
    check_known(version, root)
    check_schema(connection, version, root)
