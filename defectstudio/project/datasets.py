"""Datasets: frozen lists of images and samples with their splits."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import Split


@dataclass(frozen=True)
class DatasetEntry:
    """An image or sample as it was when the dataset was frozen.

    Its files are content-addressed and never rewritten, so the entry keeps its meaning when
    labels, groups or splits change later. group: the physical part, for a sample that of its
    background.
    """

    item: str
    name: str
    group: str
    split: Split | None
    synthetic: bool
    file: Path
    sha256: str
    label_file: Path | None
    recipe_file: Path | None


@dataclass(frozen=True)
class Dataset:
    """A frozen list; `created` is UTC."""

    id: int
    name: str
    created: str


def insert(
    connection: sqlite3.Connection, root: Path, name: str, entries: Sequence[DatasetEntry]
) -> Dataset:
    """Freeze a list under a name; names may repeat, the number tells datasets apart.

    Raises ProjectError when a group lies in two splits.
    """
    _check_groups(entries)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    cursor = connection.execute(
        "INSERT INTO datasets (name, created) VALUES (?, ?)", (name, created)
    )
    dataset_id = int(cursor.lastrowid or 0)
    rows = [
        {"dataset_id": dataset_id, "position": position, **_row(entry, root)}
        for position, entry in enumerate(entries)
    ]
    connection.executemany(
        "INSERT INTO dataset_entries (dataset_id, position, item, name, part, split, synthetic,"
        " file, sha256, label_file, recipe_file) VALUES (:dataset_id, :position, :item, :name,"
        " :part, :split, :synthetic, :file, :sha256, :label_file, :recipe_file)",
        rows,
    )
    return Dataset(dataset_id, name, created)


def select(connection: sqlite3.Connection) -> list[Dataset]:
    """All datasets in the order they were frozen."""
    rows = connection.execute("SELECT id, name, created FROM datasets ORDER BY id")
    return [Dataset(row["id"], row["name"], row["created"]) for row in rows]


def select_entries(
    connection: sqlite3.Connection, root: Path, dataset_id: int
) -> list[DatasetEntry]:
    """The list of a dataset in its order."""
    rows = connection.execute(
        "SELECT * FROM dataset_entries WHERE dataset_id = ? ORDER BY position", (dataset_id,)
    )
    return [_entry(row, root) for row in rows]


def _check_groups(entries: Sequence[DatasetEntry]) -> None:
    seen: dict[tuple[str, str], Split | None] = {}
    for entry in entries:
        if seen.setdefault((entry.item, entry.group), entry.split) != entry.split:
            raise ProjectError(
                "a group would lie in two splits of the dataset",
                subject=entry.group,
                remedy="Split the project again.",
            )


def _row(entry: DatasetEntry, root: Path) -> dict[str, Any]:
    def relative(path: Path | None) -> str | None:
        return None if path is None else path.relative_to(root).as_posix()

    return {
        "item": entry.item,
        "name": entry.name,
        "part": entry.group,
        "split": entry.split,
        "synthetic": int(entry.synthetic),
        "file": relative(entry.file),
        "sha256": entry.sha256,
        "label_file": relative(entry.label_file),
        "recipe_file": relative(entry.recipe_file),
    }


def _entry(row: sqlite3.Row, root: Path) -> DatasetEntry:
    return DatasetEntry(
        item=row["item"],
        name=row["name"],
        group=row["part"],
        split=Split(row["split"]) if row["split"] else None,
        synthetic=bool(row["synthetic"]),
        file=root / row["file"],
        sha256=row["sha256"],
        label_file=root / row["label_file"] if row["label_file"] else None,
        recipe_file=root / row["recipe_file"] if row["recipe_file"] else None,
    )
