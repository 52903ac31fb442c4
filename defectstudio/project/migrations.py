"""The schema, as ordered steps. A step that was released is never edited; add another."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from defectstudio.domain.errors import ProjectError
from defectstudio.project.database import transaction

APPLICATION_ID = 0x44465354
"""Marks an SQLite file as a DefectStudio project ("DFST")."""


@dataclass(frozen=True)
class Migration:
    """One step of the schema: its number, its name and its statements."""

    version: int
    name: str
    statements: tuple[str, ...]


_FIRST = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    # next_class outlives the classes, so that the id of a removed one is never given again.
    """CREATE TABLE items (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        next_class INTEGER NOT NULL DEFAULT 1)""",
    """CREATE TABLE classes (
        item_id INTEGER NOT NULL REFERENCES items (id),
        id INTEGER NOT NULL CHECK (id BETWEEN 1 AND 254),
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (item_id, id),
        UNIQUE (item_id, key))""",
    """CREATE TABLE images (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        item_id INTEGER NOT NULL REFERENCES items (id),
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('normal', 'defect')),
        file TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        height INTEGER NOT NULL,
        width INTEGER NOT NULL,
        channels INTEGER NOT NULL CHECK (channels IN (1, 3)),
        depth INTEGER NOT NULL CHECK (depth IN (8, 16)),
        part TEXT NOT NULL,
        split TEXT CHECK (split IN ('train', 'val', 'test')),
        label_file TEXT,
        UNIQUE (item_id, key),
        UNIQUE (item_id, sha256))""",
    "CREATE INDEX images_by_part ON images (item_id, part)",
    """CREATE TABLE image_classes (
        image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        item_id INTEGER NOT NULL,
        class_id INTEGER NOT NULL,
        PRIMARY KEY (image_id, class_id),
        FOREIGN KEY (item_id, class_id) REFERENCES classes (item_id, id))""",
    "CREATE INDEX image_classes_by_class ON image_classes (item_id, class_id)",
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        state TEXT NOT NULL,
        progress REAL NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
        message TEXT NOT NULL DEFAULT '',
        folder TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL,
        ended TEXT)""",
    """CREATE TABLE samples (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        item_id INTEGER NOT NULL REFERENCES items (id),
        file TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        label_file TEXT NOT NULL,
        label_sha256 TEXT NOT NULL,
        painted_file TEXT NOT NULL,
        recipe_file TEXT NOT NULL,
        background_id INTEGER NOT NULL REFERENCES images (id),
        job_id INTEGER REFERENCES jobs (id),
        created TEXT NOT NULL,
        UNIQUE (item_id, recipe_file))""",
    """CREATE TABLE sample_classes (
        sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
        item_id INTEGER NOT NULL,
        class_id INTEGER NOT NULL,
        PRIMARY KEY (sample_id, class_id),
        FOREIGN KEY (item_id, class_id) REFERENCES classes (item_id, id))""",
    "CREATE INDEX sample_classes_by_class ON sample_classes (item_id, class_id)",
    """CREATE TABLE generators (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        item_id INTEGER NOT NULL REFERENCES items (id),
        name TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        folder TEXT NOT NULL UNIQUE,
        sha256 TEXT NOT NULL,
        created TEXT NOT NULL)""",
    "CREATE TABLE datasets (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,"
    " created TEXT NOT NULL)",
    # A dataset is frozen: it names files, which are never rewritten, and not rows, which change.
    """CREATE TABLE dataset_entries (
        dataset_id INTEGER NOT NULL REFERENCES datasets (id),
        position INTEGER NOT NULL,
        item TEXT NOT NULL,
        name TEXT NOT NULL,
        part TEXT NOT NULL,
        split TEXT,
        synthetic INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
        file TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        label_file TEXT,
        recipe_file TEXT,
        PRIMARY KEY (dataset_id, position))""",
)

_SEGMENTERS = (
    """CREATE TABLE segmenters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        item_id INTEGER NOT NULL REFERENCES items (id),
        name TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        folder TEXT NOT NULL UNIQUE,
        sha256 TEXT NOT NULL,
        created TEXT NOT NULL)""",
)

_CURATION = (
    "ALTER TABLE samples ADD COLUMN review TEXT NOT NULL DEFAULT 'undecided'"
    " CHECK (review IN ('undecided', 'accepted', 'rejected'))",
    # Those of no job were accepted one by one, by somebody who saw them.
    "UPDATE samples SET review = 'accepted' WHERE job_id IS NULL",
    "ALTER TABLE images ADD COLUMN label_source TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE earlier_labels (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        label_file TEXT,
        source TEXT NOT NULL,
        until TEXT NOT NULL)""",
    "CREATE INDEX earlier_labels_by_image ON earlier_labels (image_id)",
    # What became of classes that are gone: planes that were not rewritten are read through it.
    """CREATE TABLE gone_classes (
        item_id INTEGER NOT NULL REFERENCES items (id),
        id INTEGER NOT NULL,
        name TEXT NOT NULL,
        now INTEGER NOT NULL,
        gone TEXT NOT NULL,
        PRIMARY KEY (item_id, id))""",
)

_PIXEL_SIZE = ("ALTER TABLE items ADD COLUMN pixel_size_mm REAL",)

_QUEUE = (
    # What a job was asked to be (JSON), and what the queue knows of it.
    "ALTER TABLE jobs ADD COLUMN orders TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE jobs ADD COLUMN slot TEXT NOT NULL DEFAULT 'cpu'",
    "ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN shrink INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN user TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN begun TEXT",
    "ALTER TABLE jobs ADD COLUMN place TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN wanted TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN due REAL NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN done INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN total INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN seconds_left REAL",
    "ALTER TABLE jobs ADD COLUMN memory INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX jobs_by_state ON jobs (state)",
    """CREATE TABLE job_needs (
        job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        needs_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        PRIMARY KEY (job_id, needs_id))""",
    # How many jobs run at a time, by slot ("cpu", "cuda", "disk") and of one user ("user").
    "CREATE TABLE job_limits (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
)

MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "first schema", _FIRST),
    Migration(2, "segmenters", _SEGMENTERS),
    Migration(3, "reviews, earlier labels, gone classes", _CURATION),
    Migration(4, "pixel size", _PIXEL_SIZE),
    Migration(5, "queue of jobs", _QUEUE),
)


def schema_version(connection: sqlite3.Connection) -> int:
    """The number of the last migration the file has seen, 0 for a fresh one."""
    table = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
    ).fetchone()
    if table is None:
        return 0
    row = connection.execute("SELECT coalesce(max(version), 0) FROM migrations").fetchone()
    return int(row[0])


def check_known(version: int, root: Path) -> None:
    """Raise ProjectError when the schema is newer than this program."""
    newest = MIGRATIONS[-1].version
    if version > newest:
        raise ProjectError(
            f"the project was written by a newer DefectStudio (its schema is {version}, "
            f"this program knows up to {newest})",
            subject=root,
            remedy="Update DefectStudio to open it.",
        )


def migrate(
    connection: sqlite3.Connection, path: Path, steps: Sequence[Migration] = MIGRATIONS
) -> None:
    """Bring the schema of the file at `path` up to date, after a backup unless it is fresh.

    Each step and its record commit together, so that a kill leaves a whole older schema.
    Raises sqlite3.Error.
    """
    version = schema_version(connection)
    newest = steps[-1].version
    if 0 < version < newest:
        back_up(connection, path.parent / "backups", version)
    for step in steps:
        if step.version > version:
            _apply(connection, step)


def back_up(connection: sqlite3.Connection, folder: Path, version: int) -> Path:
    """Copy the database into `folder` through SQLite's backup, consistent while others write.

    Returns the copy's path. Raises OSError or sqlite3.Error.
    """
    folder.mkdir(exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = folder / f"project-schema{version}-{stamp}-{secrets.token_hex(2)}.sqlite"
    beside = target.with_suffix(".part.sqlite")
    try:
        with closing(sqlite3.connect(beside)) as copy:
            connection.backup(copy)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    with transaction(connection):
        # Another process may have taken this step since the version was read.
        if schema_version(connection) >= step.version:
            return
        if step.version == 1:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(
                "CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                " applied TEXT NOT NULL)"
            )
        for statement in step.statements:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO migrations VALUES (?, ?, ?)",
            (step.version, step.name, datetime.now(UTC).isoformat(timespec="seconds")),
        )
