"""Taking a class away, its pixels given to another or to void, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from defectstudio.domain.errors import ProjectError
from defectstudio.project import earlier_labels
from defectstudio.project.catalog import check_classes
from defectstudio.project.files import StoredFile
from defectstudio.project.jobs import check_idle

VOID = 255


@dataclass(frozen=True)
class Change:
    """The class that goes, and the one that gets its pixels; None: they become void."""

    item_id: int
    class_id: int
    into: int | None

    @property
    def now(self) -> int:
        """What the class's pixels are from now on."""
        return VOID if self.into is None else self.into


@dataclass(frozen=True)
class RelabeledImage:
    """An image, the label plane it has and the one it gets (None: nothing is left of it)."""

    id: int
    before: Path
    label: StoredFile | None


@dataclass(frozen=True)
class RelabeledSample:
    """A sample, the recipe it has and the three files it gets."""

    id: int
    before: Path
    label: StoredFile
    painted: StoredFile
    recipe: StoredFile


def gone(connection: sqlite3.Connection, item_id: int) -> dict[int, int]:
    """What the ids of removed classes mean now."""
    rows = connection.execute("SELECT id, now FROM gone_classes WHERE item_id = ?", (item_id,))
    return {row["id"]: row["now"] for row in rows}


def check_no_job(connection: sqlite3.Connection, class_name: str) -> None:
    """Raise ProjectError while a job runs that may speak of classes as they were."""
    check_idle(connection, class_name, "works with the classes as they are")


def apply(
    connection: sqlite3.Connection,
    root: Path,
    change: Change,
    images: Sequence[RelabeledImage],
    samples: Sequence[RelabeledSample],
) -> None:
    """Remove the class. Raises ProjectError when files or samples are not all that have it."""
    wanted = {change.class_id} | ({change.into} if change.into is not None else set())
    check_classes(connection, change.item_id, wanted)
    check_no_job(connection, _name(connection, change))
    _check_all_there(connection, root, change, images, samples)
    _change_images(connection, change, images)
    if change.into is None:
        connection.execute(f"DELETE FROM samples WHERE id IN ({_WITH})", _key(change))
    else:
        _change_samples(connection, samples)
    for table, column in (("image_classes", "image_id"), ("sample_classes", "sample_id")):
        if change.into is not None:
            connection.execute(
                f"INSERT OR IGNORE INTO {table} ({column}, item_id, class_id) SELECT {column},"
                f" item_id, :into FROM {table} WHERE item_id = :item AND class_id = :class",
                {**_key(change), "into": change.into},
            )
        connection.execute(
            f"DELETE FROM {table} WHERE item_id = :item AND class_id = :class", _key(change)
        )
    _bury(connection, change)


_WITH = "SELECT sample_id FROM sample_classes WHERE item_id = :item AND class_id = :class"


def _key(change: Change) -> dict[str, int]:
    return {"item": change.item_id, "class": change.class_id}


def _name(connection: sqlite3.Connection, change: Change) -> str:
    row = connection.execute(
        "SELECT name FROM classes WHERE item_id = :item AND id = :class", _key(change)
    ).fetchone()
    return str(row["name"])


def _check_all_there(
    connection: sqlite3.Connection,
    root: Path,
    change: Change,
    images: Sequence[RelabeledImage],
    samples: Sequence[RelabeledSample],
) -> None:
    labeled = connection.execute(
        "SELECT images.id, label_file FROM images JOIN image_classes ON image_id = images.id"
        " WHERE image_classes.item_id = :item AND class_id = :class AND label_file IS NOT NULL",
        _key(change),
    )
    same = {row["id"]: root / row["label_file"] for row in labeled} == {
        one.id: one.before for one in images
    }
    if change.into is not None:
        made = connection.execute(
            f"SELECT id, recipe_file FROM samples WHERE id IN ({_WITH})", _key(change)
        )
        same &= {row["id"]: root / row["recipe_file"] for row in made} == {
            one.id: one.before for one in samples
        }
    if not same:
        raise ProjectError(
            "a label of the class changed meanwhile",
            subject=_name(connection, change),
            remedy="Nothing was changed; try again.",
        )


def _change_images(
    connection: sqlite3.Connection, change: Change, images: Sequence[RelabeledImage]
) -> None:
    for one in images:
        if change.into is None:
            earlier_labels.keep(connection, one.id)
        connection.execute(
            "UPDATE images SET label_file = ? WHERE id = ?",
            (one.label.path if one.label else None, one.id),
        )


def _change_samples(connection: sqlite3.Connection, samples: Sequence[RelabeledSample]) -> None:
    connection.executemany(
        "UPDATE samples SET label_file = ?, label_sha256 = ?, painted_file = ?, recipe_file = ?"
        " WHERE id = ?",
        [
            (one.label.path, one.label.sha256, one.painted.path, one.recipe.path, one.id)
            for one in samples
        ],
    )


def _bury(connection: sqlite3.Connection, change: Change) -> None:
    """Say for ever what the class's id means, and remove its row."""
    values = {
        **_key(change),
        "now": change.now,
        "name": _name(connection, change),
        "gone": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    connection.execute(
        "UPDATE gone_classes SET now = :now WHERE item_id = :item AND now = :class", values
    )
    connection.execute(
        "INSERT INTO gone_classes (item_id, id, name, now, gone)"
        " VALUES (:item, :class, :name, :now, :gone)",
        values,
    )
    connection.execute("DELETE FROM classes WHERE item_id = :item AND id = :class", values)
