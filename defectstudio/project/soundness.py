"""Whether a project that may come from anywhere is one of ours: its schema, its rows, its places.

SQLite takes any value in any column, runs triggers a stranger put there, and follows links.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import get_args

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.generators import CONFIGS
from defectstudio.domain.records import MAX_CLASSES, JobState, Review, Role, Split
from defectstudio.domain.segmenters import Architecture
from defectstudio.imaging.reading import MAX_PIXELS
from defectstudio.project.migrations import MIGRATIONS, migrate
from defectstudio.project.names import clean_name

_TYPES = {"INTEGER": "'integer'", "REAL": "'real', 'integer'", "TEXT": "'text'"}
_MOST = 1e15
"""No number of a project is larger: no size, no time, no count."""
_TIMES = frozenset({"created", "ended", "begun", "until", "gone", "applied"})
_TIME = "????-??-??T??:??:??*"
_NAMED = ("items", "classes", "generators", "segmenters")
_PLACES = {
    ("images", "file"): "files", ("images", "label_file"): "files",
    ("earlier_labels", "label_file"): "files",
    ("samples", "file"): "files", ("samples", "label_file"): "files",
    ("samples", "painted_file"): "files", ("samples", "recipe_file"): "files",
    ("dataset_entries", "file"): "files", ("dataset_entries", "label_file"): "files",
    ("dataset_entries", "recipe_file"): "files",
    ("jobs", "folder"): "runs",
    ("generators", "folder"): "generators", ("segmenters", "folder"): "segmenters",
}  # fmt: skip
"""Columns that hold paths, and the project's folder that these lie in."""


def _one_of(names: object) -> str:
    return ", ".join(f"'{name}'" for name in names)  # type: ignore[attr-defined]


_WRONG = {
    "images": f"role NOT IN ({_one_of(Role)}) OR split NOT IN ({_one_of(Split)}) OR height < 1"
    f" OR width < 1 OR height > {MAX_PIXELS} / width OR channels NOT IN (1, 3)"
    " OR depth NOT IN (8, 16)",
    "classes": f"id NOT BETWEEN 1 AND {MAX_CLASSES}",
    "gone_classes": f"id NOT BETWEEN 1 AND {MAX_CLASSES} OR now NOT BETWEEN 0 AND 255",
    "earlier_labels": f"role NOT IN ({_one_of(Role)})",
    "samples": f"review NOT IN ({_one_of(Review)})",
    "dataset_entries": f"split NOT IN ({_one_of(Split)})",
    "generators": f"kind NOT IN ({_one_of(CONFIGS)})",
    "segmenters": f"kind NOT IN ({_one_of(get_args(Architecture))})",
    "jobs": f"state NOT IN ({_one_of(JobState)}) OR wanted NOT IN ('', {_one_of(JobState)})"
    " OR progress NOT BETWEEN 0 AND 1"
    " OR iif(json_valid(orders), json_type(orders), '') != 'object'",
}
"""Table -> what holds for no row of ours."""


def check_schema(connection: sqlite3.Connection, version: int, root: Path) -> None:
    """Raise ProjectError where the schema is not what our migrations make: no trigger, no view, no
    table and no column is there that we did not put there."""
    if version < 1 or _schema(connection) != _made(version)[0]:
        raise _damaged(root, "its schema is not DefectStudio's")


def check_rows(connection: sqlite3.Connection, version: int, root: Path) -> None:
    """Raise ProjectError for a value of another type or range, a path that leaves the project, and
    a name that nothing of ours can have."""
    for table, wrong in _questions(version):
        if connection.execute(f"SELECT 1 FROM {table} WHERE {wrong} LIMIT 1").fetchone():
            raise _damaged(root, f"a row of {table} holds what cannot be")
    for table in _NAMED:
        for (name,) in connection.execute(f"SELECT name FROM {table}"):
            clean_name(name, "project's part")
    if not connection.execute("SELECT 1 FROM meta WHERE key = 'id'").fetchone():
        raise _damaged(root, "it has no identity")


def check_links(root: Path) -> None:
    """Raise ProjectError for a link that leads out of the project, where its files are written."""
    first = [Path(entry) for entry in _entries(root) if entry.is_dir()]
    # Logs and locks of jobs are written in place; stored files are never opened to be written.
    runs = [Path(entry) for entry in _entries(root / "runs") if entry.is_dir()]
    for place in (root, *first, *runs):
        for entry in _entries(place):
            if entry.is_symlink() and not Path(os.path.realpath(entry)).is_relative_to(root):
                raise ProjectError(
                    "a link leads out of the project",
                    subject=entry.path,
                    remedy="Put the files themselves in its place.",
                )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as found:
        return list(found)


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    """Type, name, table and statement of each part."""
    parts = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
        " WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    )
    return frozenset((*row[:3], " ".join(row[3].split())) for row in map(tuple, parts))


@cache
def _made(version: int) -> tuple[frozenset[tuple[str, ...]], tuple[tuple[str, str, str], ...]]:
    """The schema as our migrations make it; table, name and type of each column."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, Path(), MIGRATIONS[:version])
        columns = connection.execute(
            "SELECT tables.name, columns.name, columns.type"
            " FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns"
            " WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        )
        return _schema(connection), tuple(columns)


@cache
def _questions(version: int) -> tuple[tuple[str, str], ...]:
    """Each table, and the condition that no row of it may meet."""
    wrong: dict[str, list[str]] = {}
    for table, column, kind in _made(version)[1]:
        asked = wrong.setdefault(table, [f"({_WRONG[table]})"] if table in _WRONG else [])
        asked.append(f"typeof({column}) NOT IN ({_TYPES[kind]}, 'null')")
        if kind != "TEXT":
            asked.append(f"{column} NOT BETWEEN -{_MOST} AND {_MOST}")
        if column in _TIMES:
            asked.append(f"{column} NOT GLOB '{_TIME}'")
            asked.append(f"({column} IS NOT NULL AND julianday({column}) IS NULL)")
        if (table, column) in _PLACES:
            asked.append(_outside(column, _PLACES[table, column]))
    return tuple((table, " OR ".join(asked)) for table, asked in wrong.items())


def _outside(column: str, folder: str) -> str:
    """Paths are POSIX; what another system would read otherwise is refused everywhere."""
    bad = "".join(f" OR instr({column}, {mark}) > 0" for mark in ("'\\'", "':'", "char(0)", "'//'"))
    return (
        f"(substr({column}, 1, {len(folder) + 1}) != '{folder}/' OR length({column}) <="
        f" {len(folder) + 1} OR instr({column} || '/', '/../') > 0{bad})"
    )


def _damaged(root: Path, reason: str) -> ProjectError:
    return ProjectError(
        f"the project's database cannot be trusted ({reason})",
        subject=root,
        remedy="Restore project.sqlite from a copy; the folder backups may hold one.",
    )
