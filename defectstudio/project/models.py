"""Trained generators and segmenters: folders `<table>/<name>/` and their rows."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain import generators, segmenters
from defectstudio.domain.errors import CheckpointError, ProjectError
from defectstudio.domain.files import read_plain, sha256_file
from defectstudio.domain.generators import GeneratorCard
from defectstudio.domain.records import GeneratorRecord, SegmenterRecord
from defectstudio.domain.segmenters import SegmenterCard
from defectstudio.project.catalog import classes, item
from defectstudio.project.names import name_key


class Card(Protocol):
    """What a model says of itself."""

    @property
    def classes(self) -> Mapping[int, str]:
        """Names by id."""

    @property
    def weights_sha256(self) -> str:
        """Of the file of weights."""


CardT = TypeVar("CardT", bound=Card)
RecordT = TypeVar("RecordT", GeneratorRecord, SegmenterRecord)


@dataclass(frozen=True)
class NewModel:
    """A model to add; `folder` is the copy that is moved to its place."""

    item_id: int
    name: str
    kind: str
    folder: Path
    card: Card


@dataclass(frozen=True)
class Shelf(Generic[CardT, RecordT]):
    """Where models of one sort are kept: the table and the folder of that name.

    noun: what one is called; card, card_file, weights_file: what lies in its folder.
    """

    table: str
    noun: str
    card: TypeAdapter[CardT]
    card_file: str
    weights_file: str
    record: Callable[..., RecordT]

    def read_card(self, folder: Path) -> CardT:
        """What the model in `folder` says of itself, checked against its weights.

        Raises CheckpointError when a file is missing or unreadable or the weights are others.
        """
        try:
            card = self.card.validate_json(read_plain(folder / self.card_file))
            weights = sha256_file(folder / self.weights_file)
        except (OSError, ValidationError) as error:
            raise CheckpointError(
                f"the folder holds no usable {self.noun} ({self.card_file} and"
                f" {self.weights_file})",
                subject=folder,
                remedy=f"Choose the {self.noun} folder of a finished training run.",
            ) from error
        if weights != card.weights_sha256:
            raise CheckpointError(
                f"the weights are not those the {self.noun}'s card speaks of",
                subject=folder / self.weights_file,
                remedy=f"Copy the {self.noun} again from where it was trained.",
            )
        return card

    @contextmanager
    def copied(self, folder: Path, root: Path) -> Iterator[Path]:
        """A copy of `folder` beside the project's models, on disk; removed unless moved away."""
        beside = root / self.table / f".{secrets.token_hex(8)}.part"
        try:
            beside.parent.mkdir(exist_ok=True)
            shutil.copytree(folder, beside)
            for path in beside.rglob("*"):
                if path.is_file():
                    _sync(path)
            yield beside
        except OSError as error:
            raise ProjectError(
                f"the {self.noun} cannot be copied into the project",
                subject=folder,
                remedy="Free some space or allow writing to the project's folder.",
            ) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def insert(self, connection: sqlite3.Connection, root: Path, new: NewModel) -> RecordT:
        """Move the copied folder to its place and add its row; the same model twice is one.

        Raises ProjectError when the name is taken by another or the classes are not the item's.
        """
        item(connection, new.item_id)
        self._check_classes(connection, new.item_id, new.card)
        found = self._find(connection, root, new.name)
        if found is not None:
            if (found.item_id, found.sha256) == (new.item_id, new.card.weights_sha256):
                return found
            raise self._taken(new.name)
        folder = self._free_folder(connection, new.name)
        # A kill between renaming and commit may have left this folder; no row ever spoke of it.
        shutil.rmtree(root / folder, ignore_errors=True)
        new.folder.replace(root / folder)
        connection.execute(
            f"INSERT INTO {self.table} (item_id, name, key, kind, folder, sha256, created)"
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
        return self.select_one(connection, root, new.name)

    def rename(
        self, connection: sqlite3.Connection, root: Path, record: RecordT, name: str
    ) -> RecordT:
        """Give a model another name; its folder stays. Raises ProjectError for a taken one."""
        found = self._find(connection, root, name)
        if found is not None and found.id != record.id:
            raise self._taken(name)
        connection.execute(
            f"UPDATE {self.table} SET name = ?, key = ? WHERE id = ?",
            (name, name_key(name), record.id),
        )
        return self.select_one(connection, root, name)

    def delete(self, connection: sqlite3.Connection, record: RecordT) -> None:
        """Forget a model; its files are the caller's."""
        connection.execute(f"DELETE FROM {self.table} WHERE id = ?", (record.id,))

    def select(
        self, connection: sqlite3.Connection, root: Path, item_id: int | None = None
    ) -> list[RecordT]:
        """Models in the order they were added, of one item or all."""
        where, values = ("WHERE item_id = ?", (item_id,)) if item_id is not None else ("", ())
        rows = connection.execute(f"SELECT * FROM {self.table} {where} ORDER BY id", values)
        return [self._made(row, root) for row in rows]

    def select_one(self, connection: sqlite3.Connection, root: Path, name: str) -> RecordT:
        """The model of this name. Raises ProjectError when there is none."""
        found = self._find(connection, root, name)
        if found is None:
            known = ", ".join(one.name for one in self.select(connection, root)) or "none"
            raise ProjectError(
                f"the project has no {self.noun} of this name",
                subject=name,
                remedy=f"It has: {known}.",
            )
        return found

    def _find(self, connection: sqlite3.Connection, root: Path, name: str) -> RecordT | None:
        row = connection.execute(
            f"SELECT * FROM {self.table} WHERE key = ?", (name_key(name.strip()),)
        ).fetchone()
        return self._made(row, root) if row else None

    def _taken(self, name: str) -> ProjectError:
        return ProjectError(
            f"the project has a {self.noun} of this name",
            subject=name,
            remedy="Choose another name.",
        )

    def _free_folder(self, connection: sqlite3.Connection, name: str) -> str:
        """Named as the model, unless one that was renamed has that folder."""
        rows = connection.execute(f"SELECT folder FROM {self.table}")
        taken = {str(row["folder"]).casefold() for row in rows}
        folder, number = f"{self.table}/{name}", 2
        while folder.casefold() in taken:
            folder, number = f"{self.table}/{name} ({number})", number + 1
        return folder

    def _check_classes(self, connection: sqlite3.Connection, item_id: int, card: Card) -> None:
        known = {found.id: name_key(found.name) for found in classes(connection, item_id)}
        for class_id, name in card.classes.items():
            if known.get(class_id) != name_key(name):
                raise ProjectError(
                    f"the {self.noun}'s class {class_id} ({name}) is not a class of the item",
                    remedy="Use it in the project it was trained in, or in one of the same"
                    " classes.",
                )

    def _made(self, row: Mapping[str, Any] | sqlite3.Row, root: Path) -> RecordT:
        return self.record(
            row["id"], row["item_id"], row["name"], row["kind"], root / row["folder"], row["sha256"]
        )


GENERATORS = Shelf(
    "generators",
    "generator",
    TypeAdapter(GeneratorCard),
    generators.CARD,
    generators.WEIGHTS,
    GeneratorRecord,
)
SEGMENTERS = Shelf(
    "segmenters",
    "segmenter",
    TypeAdapter(SegmenterCard),
    segmenters.CARD,
    segmenters.WEIGHTS,
    SegmenterRecord,
)


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
