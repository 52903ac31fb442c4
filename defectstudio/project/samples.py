"""Accepted samples, as rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import read_plain
from defectstudio.domain.recipe import SampleManifest
from defectstudio.domain.records import Review, SampleRecord
from defectstudio.imaging.reading import pixel_sha256, read_image, read_label
from defectstudio.project.catalog import check_classes, item
from defectstudio.project.files import FileStore, StoredFile
from defectstudio.project.images import label_classes

_MANIFEST = TypeAdapter(SampleManifest)
_STORED_AT_ONCE = 8
_SELECT = """SELECT samples.*, (
    SELECT group_concat(class_id) FROM sample_classes WHERE sample_id = samples.id) AS class_ids
    FROM samples"""


@dataclass(frozen=True)
class NewSample:
    """The four files of a sample to accept. They are copied, not moved."""

    image: Path
    label: Path
    painted: Path
    recipe: Path

    @classmethod
    def in_folder(cls, folder: Path) -> NewSample:
        """The sample a worker left in `folder`."""
        return cls(
            folder / "image.png",
            folder / "label.png",
            folder / "painted.png",
            folder / "recipe.json",
        )


@dataclass(frozen=True)
class StoredSample:
    """A new sample whose files lie in the store already."""

    image: StoredFile
    label: StoredFile
    painted: StoredFile
    recipe: StoredFile
    class_ids: tuple[int, ...]
    background: str


def store_all(files: FileStore, new: Sequence[NewSample]) -> list[StoredSample]:
    """As `store`, in order, several at a time: most of it is waiting for the disk."""
    with ThreadPoolExecutor(_STORED_AT_ONCE) as pool:
        return list(pool.map(lambda one: store(files, one), new))


def store(files: FileStore, new: NewSample) -> StoredSample:
    """Check the files of a sample against its recipe and put them into the store.

    Raises ImageError or ProjectError when they are missing, unreadable or not what the recipe
    says it made.
    """
    manifest = read_manifest(new.recipe)
    label = read_label(new.label)
    painted = read_label(new.painted)
    found = (pixel_sha256(read_image(new.image)), pixel_sha256(label), pixel_sha256(painted))
    if found != (manifest.image_sha256, manifest.label_sha256, manifest.painted_sha256):
        raise ProjectError(
            "the sample is not what its recipe says it made",
            subject=new.recipe.parent,
            remedy="Make the sample again.",
        )
    return StoredSample(
        files.add_file(new.image),
        files.add_file(new.label),
        files.add_file(new.painted),
        files.add_file(new.recipe),
        label_classes(label),
        manifest.recipe.background,
    )


def read_manifest(path: Path) -> SampleManifest:
    """The recipe file of a sample. Raises ProjectError."""
    try:
        return _MANIFEST.validate_json(read_plain(path))
    except (OSError, ValidationError) as error:
        raise ProjectError(
            "the sample's recipe cannot be read", subject=path, remedy="Make the sample again."
        ) from error


def insert(
    connection: sqlite3.Connection,
    item_id: int,
    samples: Iterable[StoredSample],
    job_id: int | None,
    review: Review,
) -> list[int]:
    """Add samples to an item; one id for each, that of the one there when it was accepted before.

    Raises ProjectError when a background is no image of the item or a class is unknown.
    """
    item(connection, item_id)
    return [_insert_one(connection, item_id, sample, job_id, review) for sample in samples]


def select(
    connection: sqlite3.Connection, root: Path, item_id: int | None = None
) -> list[SampleRecord]:
    """Samples in the order they were accepted, of one item or all."""
    where, values = ("WHERE item_id = ?", (item_id,)) if item_id is not None else ("", ())
    rows = connection.execute(f"{_SELECT} {where} ORDER BY id", values)
    return [_record(row, root) for row in rows]


def delete(connection: sqlite3.Connection, sample_id: int) -> None:
    """Remove a sample. Raises ProjectError when there is none with this id."""
    gone = connection.execute("DELETE FROM samples WHERE id = ?", (sample_id,)).rowcount
    if not gone:
        raise ProjectError(f"the project has no sample with the number {sample_id}")


def update_reviews(connection: sqlite3.Connection, reviews: Mapping[int, Review]) -> None:
    """Set what was said of samples. Raises ProjectError when one is not there, or its background
    turned out to show a real defect, which the sample's label does not have: it stays rejected."""
    for sample_id, review in reviews.items():
        if review is not Review.REJECTED:
            _check_background(connection, sample_id)
        found = connection.execute(
            "UPDATE samples SET review = ? WHERE id = ?", (review, sample_id)
        ).rowcount
        if not found:
            raise ProjectError(f"the project has no sample with the number {sample_id}")


def _check_background(connection: sqlite3.Connection, sample_id: int) -> None:
    row = connection.execute(
        "SELECT images.name FROM samples JOIN images ON images.id = background_id"
        " WHERE samples.id = ? AND role = 'defect'",
        (sample_id,),
    ).fetchone()
    if row:
        raise ProjectError(
            "the sample's background shows a real defect, which its label does not have",
            subject=row["name"],
            remedy="Leave the sample rejected, or say first that the image shows no defect.",
        )


def _insert_one(
    connection: sqlite3.Connection,
    item_id: int,
    sample: StoredSample,
    job_id: int | None,
    review: Review,
) -> int:
    found = connection.execute(
        "SELECT id FROM samples WHERE item_id = ? AND recipe_file = ?",
        (item_id, sample.recipe.path),
    ).fetchone()
    if found:
        if review is not Review.UNDECIDED:  # by somebody who saw it, whatever was said before
            update_reviews(connection, {int(found["id"]): review})
        return int(found["id"])
    check_classes(connection, item_id, set(sample.class_ids))
    cursor = connection.execute(
        "INSERT INTO samples (item_id, file, sha256, label_file, label_sha256, painted_file,"
        " recipe_file, background_id, job_id, review, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            item_id,
            sample.image.path,
            sample.image.sha256,
            sample.label.path,
            sample.label.sha256,
            sample.painted.path,
            sample.recipe.path,
            _background(connection, item_id, sample.background),
            job_id,
            review,
            datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    )
    sample_id = int(cursor.lastrowid or 0)
    connection.executemany(
        "INSERT INTO sample_classes (sample_id, item_id, class_id) VALUES (?, ?, ?)",
        [(sample_id, item_id, class_id) for class_id in sample.class_ids],
    )
    return sample_id


def _background(connection: sqlite3.Connection, item_id: int, sha256: str) -> int:
    row = connection.execute(
        "SELECT id FROM images WHERE item_id = ? AND sha256 = ?", (item_id, sha256)
    ).fetchone()
    if row is None:
        raise ProjectError(
            "the sample's background is no image of the item",
            subject=sha256,
            remedy="Import the background first.",
        )
    return int(row["id"])


def _record(row: sqlite3.Row, root: Path) -> SampleRecord:
    classes = row["class_ids"]
    return SampleRecord(
        id=row["id"],
        item_id=row["item_id"],
        file=root / row["file"],
        sha256=row["sha256"],
        label_file=root / row["label_file"],
        label_sha256=row["label_sha256"],
        painted_file=root / row["painted_file"],
        recipe_file=root / row["recipe_file"],
        class_ids=tuple(sorted(map(int, classes.split(",")))) if classes else (),
        background_id=row["background_id"],
        job_id=row["job_id"],
        review=Review(row["review"]),
    )
