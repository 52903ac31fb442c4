"""What a class was before it was removed, kept as a file, and the way back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import read_plain, write_json
from defectstudio.project.catalog import insert_again
from defectstudio.project.migrations import schema_version
from defectstudio.project.soundness import check_rows

Row = list[Any]

_NO_ROWS = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""What SQLite raises for rows that cannot be."""
_PLANES = "label_file, label_sha256, painted_file, recipe_file"
_OF_CLASS = "item_id = :item AND class_id = :class"


@dataclass(frozen=True)
class Planes:
    """Rows that speak of labels: of images and their classes, of samples and theirs."""

    images: list[Row]
    image_classes: list[Row]
    samples: list[Row]
    sample_classes: list[Row]


@dataclass(frozen=True)
class RemovedClass:
    """A class as it was, and the rows of its images and samples before and after its removal.

    gone: ids of classes that were removed before and had been merged into it. samples: whole rows
    of samples that were removed with it, by their columns.
    """

    item_id: int
    class_id: int
    name: str
    now: int
    gone: list[int]
    before: Planes
    after: Planes
    columns: list[str]
    samples: list[Row]


_REMOVED = TypeAdapter(RemovedClass)


class Watch:
    """Sees what a removal does to the rows of a class; made before it, in its transaction."""

    def __init__(
        self, connection: sqlite3.Connection, item_id: int, class_id: int, now: int
    ) -> None:
        self._connection, self._item_id, self._class_id = connection, item_id, class_id
        self._now = now
        key = {"item": item_id, "class": class_id}

        def ids(query: str) -> list[int]:
            return [int(row[0]) for row in connection.execute(query, key)]

        self._images = ids(f"SELECT image_id FROM image_classes WHERE {_OF_CLASS}")
        self._samples = ids(f"SELECT sample_id FROM sample_classes WHERE {_OF_CLASS}")
        self._gone = ids("SELECT id FROM gone_classes WHERE item_id = :item AND now = :class")
        self._name = str(
            connection.execute(
                "SELECT name FROM classes WHERE item_id = :item AND id = :class", key
            ).fetchone()[0]
        )
        self._before = _planes(connection, self._images, self._samples)
        rows = connection.execute(f"SELECT * FROM samples WHERE {_IN}", (_listed(self._samples),))
        self._columns = [column[0] for column in rows.description]
        self._rows = [list(row) for row in rows]

    def seen(self) -> RemovedClass:
        """What was done by now."""
        after = _planes(self._connection, self._images, self._samples)
        left = {row[0] for row in after.samples}
        place = self._columns.index("id")
        return RemovedClass(
            self._item_id,
            self._class_id,
            self._name,
            self._now,
            self._gone,
            self._before,
            after,
            self._columns,
            [row for row in self._rows if row[place] not in left],
        )


def keep(root: Path, removed: RemovedClass) -> None:
    """Keep it in the project's folder. Raises ProjectError when it cannot be written."""
    path = file_of(root, removed.item_id, removed.class_id)
    try:
        path.parent.mkdir(exist_ok=True)
        write_json(path, removed)
    except OSError as error:
        raise ProjectError(
            f"what the class was cannot be kept ({error.strerror or error})",
            subject=path,
            remedy="Free some space or allow writing to the project's folder.",
        ) from error


def read(root: Path, item_id: int, class_id: int) -> RemovedClass:
    """What was kept of a removed class. Raises ProjectError when it is missing or damaged."""
    path = file_of(root, item_id, class_id)
    try:
        removed = _REMOVED.validate_json(read_plain(path))
        if (removed.item_id, removed.class_id) != (item_id, class_id):
            raise ValueError("it speaks of another class")
    except (OSError, ValueError) as error:
        raise _unknown(path) from error
    return removed


def bring_back(connection: sqlite3.Connection, root: Path, removed: RemovedClass) -> None:
    """Make the class and its rows what they were. Raises ProjectError when a label of its was
    changed since, its name is taken, or what was kept is not what a project can hold."""
    try:
        _bring_back(connection, removed)
        check_rows(connection, schema_version(connection), root)
    except (*_NO_ROWS, ValueError, OverflowError, LookupError) as error:
        raise _unknown(file_of(root, removed.item_id, removed.class_id)) from error


def _unknown(path: Path) -> ProjectError:
    return ProjectError(
        "what the class was is not known any more",
        subject=path,
        remedy="Restore the file from a copy of the project.",
    )


def _bring_back(connection: sqlite3.Connection, removed: RemovedClass) -> None:
    images = [row[0] for row in removed.before.images]
    samples = [row[0] for row in removed.before.samples]
    if _planes(connection, images, samples) != removed.after:
        raise ProjectError(
            "labels of its images or samples were changed since",
            subject=removed.name,
            remedy="Add the class anew, and correct the labels in Paint.",
        )
    insert_again(connection, removed.item_id, removed.class_id, removed.name)
    _insert_samples(connection, removed)
    connection.executemany(
        "UPDATE images SET label_file = ? WHERE id = ?",
        [(label, image_id) for image_id, label in removed.before.images],
    )
    connection.executemany(
        "UPDATE samples SET label_file = ?, label_sha256 = ?, painted_file = ?, recipe_file = ?"
        " WHERE id = ?",
        [(*planes, sample_id) for sample_id, *planes in removed.before.samples],
    )
    for table, column, ids, rows in (
        ("image_classes", "image_id", images, removed.before.image_classes),
        ("sample_classes", "sample_id", samples, removed.before.sample_classes),
    ):
        connection.execute(
            f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",
            (_listed(ids),),
        )
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)
    _unbury(connection, removed)


def _insert_samples(connection: sqlite3.Connection, removed: RemovedClass) -> None:
    """Those that were removed; one whose job is forgotten is of none."""
    jobs = {row[0] for row in connection.execute("SELECT id FROM jobs")}
    # The names come from a file, and go into a statement.
    table = connection.execute("SELECT * FROM samples LIMIT 0").description
    if not {*removed.columns} <= {column[0] for column in table}:
        raise ValueError("there are no such columns")
    of, columns = removed.columns.index("job_id"), ", ".join(removed.columns)
    rows = [
        [value if place != of or value in jobs else None for place, value in enumerate(row)]
        for row in removed.samples
    ]
    marks = ", ".join("?" * len(removed.columns))
    connection.executemany(f"INSERT INTO samples ({columns}) VALUES ({marks})", rows)


def _unbury(connection: sqlite3.Connection, removed: RemovedClass) -> None:
    key = {"item": removed.item_id, "class": removed.class_id, "gone": _listed(removed.gone)}
    connection.execute("DELETE FROM gone_classes WHERE item_id = :item AND id = :class", key)
    connection.execute(
        "UPDATE gone_classes SET now = :class WHERE item_id = :item"
        " AND id IN (SELECT value FROM json_each(:gone))",
        key,
    )


def file_of(root: Path, item_id: int, class_id: int) -> Path:
    """Where a removed class is kept; ids of classes are never given again."""
    return root / "backups" / f"class-{item_id}-{class_id}.json"


_IN = "id IN (SELECT value FROM json_each(?))"


def _planes(
    connection: sqlite3.Connection, images: Sequence[int], samples: Sequence[int]
) -> Planes:
    def rows(query: str, ids: Sequence[int]) -> list[Row]:
        return [list(row) for row in connection.execute(query, (_listed(ids),))]

    of = "IN (SELECT value FROM json_each(?)) ORDER BY 1, 3"
    return Planes(
        rows(f"SELECT id, label_file FROM images WHERE {_IN} ORDER BY id", images),
        rows(f"SELECT image_id, item_id, class_id FROM image_classes WHERE image_id {of}", images),
        rows(f"SELECT id, {_PLANES} FROM samples WHERE {_IN} ORDER BY id", samples),
        rows(
            f"SELECT sample_id, item_id, class_id FROM sample_classes WHERE sample_id {of}", samples
        ),
    )


def _listed(ids: Sequence[int]) -> str:
    return json.dumps(list(ids))
