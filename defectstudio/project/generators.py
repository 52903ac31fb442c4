"""Trained generators: folders `generators/<name>/` and their rows."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import CheckpointError, ProjectError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.generators import CARD, WEIGHTS, GeneratorCard
from defectstudio.domain.records import GeneratorRecord
from defectstudio.project.catalog import classes, item
from defectstudio.project.names import name_key

_CARD = TypeAdapter(GeneratorCard)


def read_card(folder: Path) -> GeneratorCard:
    """What the generator in `folder` says of itself, checked against its weights.

    Raises CheckpointError when a file is missing or unreadable or the weights are others.
    """
    try:
        card = _CARD.validate_json((folder / CARD).read_bytes())
        weights = sha256_file(folder / WEIGHTS)
    except (OSError, ValidationError) as error:
        raise CheckpointError(
            f"the folder holds no usable generator ({CARD} and {WEIGHTS})",
            subject=folder,
            remedy="Choose the generator folder of a finished training run.",
        ) from error
    if weights != card.weights_sha256:
        raise CheckpointError(
            "the weights are not those the generator's card speaks of",
            subject=folder / WEIGHTS,
            remedy="Copy the generator again from where it was trained.",
        )
    return card


@contextmanager
def copied(folder: Path, generators: Path) -> Iterator[Path]:
    """A copy of `folder` beside the project's generators, on disk; removed unless moved away."""
    beside = generators / f".{secrets.token_hex(8)}.part"
    try:
        generators.mkdir(exist_ok=True)
        shutil.copytree(folder, beside)
        for path in beside.rglob("*"):
            if path.is_file():
                _sync(path)
        yield beside
    except OSError as error:
        raise ProjectError(
            "the generator cannot be copied into the project",
            subject=folder,
            remedy="Free some space or allow writing to the project's folder.",
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@dataclass(frozen=True)
class NewGenerator:
    """A generator to add; `folder` is the copy that is moved to its place."""

    item_id: int
    name: str
    kind: str
    folder: Path
    card: GeneratorCard


def insert(connection: sqlite3.Connection, root: Path, new: NewGenerator) -> GeneratorRecord:
    """Move the copied folder to its place and add its row; the same generator twice is one.

    Raises ProjectError when the name is taken by another or the classes are not the item's.
    """
    item(connection, new.item_id)
    _check_classes(connection, new.item_id, new.card)
    found = _find(connection, root, new.name)
    if found is not None:
        if (found.item_id, found.sha256) == (new.item_id, new.card.weights_sha256):
            return found
        raise ProjectError(
            "the project has a generator of this name",
            subject=new.name,
            remedy="Choose another name.",
        )
    folder = f"generators/{new.name}"
    # A kill between renaming and commit may have left this folder; no row ever spoke of it.
    shutil.rmtree(root / folder, ignore_errors=True)
    new.folder.replace(root / folder)
    connection.execute(
        "INSERT INTO generators (item_id, name, key, kind, folder, sha256, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            new.item_id,
            new.name,
            name_key(new.name),
            new.kind,
            folder,
            new.card.weights_sha256,
            datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    )
    return select_one(connection, root, new.name)


def select(
    connection: sqlite3.Connection, root: Path, item_id: int | None = None
) -> list[GeneratorRecord]:
    """Generators in the order they were added, of one item or all."""
    where, values = ("WHERE item_id = ?", (item_id,)) if item_id is not None else ("", ())
    rows = connection.execute(f"SELECT * FROM generators {where} ORDER BY id", values)
    return [_record(row, root) for row in rows]


def select_one(connection: sqlite3.Connection, root: Path, name: str) -> GeneratorRecord:
    """The generator of this name. Raises ProjectError when there is none."""
    found = _find(connection, root, name)
    if found is None:
        known = ", ".join(one.name for one in select(connection, root)) or "none"
        raise ProjectError(
            "the project has no generator of this name",
            subject=name,
            remedy=f"It has: {known}.",
        )
    return found


def _find(connection: sqlite3.Connection, root: Path, name: str) -> GeneratorRecord | None:
    row = connection.execute(
        "SELECT * FROM generators WHERE key = ?", (name_key(name.strip()),)
    ).fetchone()
    return _record(row, root) if row else None


def _check_classes(connection: sqlite3.Connection, item_id: int, card: GeneratorCard) -> None:
    known = {found.id: name_key(found.name) for found in classes(connection, item_id)}
    for class_id, name in card.classes.items():
        if known.get(class_id) != name_key(name):
            raise ProjectError(
                f"the generator's class {class_id} ({name}) is not a class of the item",
                remedy="Use it in the project it was trained in, or in one of the same classes.",
            )


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _record(row: sqlite3.Row, root: Path) -> GeneratorRecord:
    return GeneratorRecord(
        row["id"], row["item_id"], row["name"], row["kind"], root / row["folder"], row["sha256"]
    )
