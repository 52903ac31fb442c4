"""Images of items, as rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import MAX_CLASSES, ImageRecord, Role, Split
from defectstudio.imaging.reading import read_header
from defectstudio.imaging.types import ImageHeader, Label
from defectstudio.project import earlier_labels
from defectstudio.project.catalog import check_classes, item
from defectstudio.project.files import FileStore, StoredFile
from defectstudio.project.names import name_key

_SELECT = """SELECT images.*, (
    SELECT group_concat(class_id) FROM image_classes WHERE image_id = images.id) AS class_ids
    FROM images"""


@dataclass(frozen=True)
class NewImage:
    """An image to add. Its file is copied, not moved.

    label: uint8 (H, W) of class ids, or None when nothing is labeled; class_ids counts only
    without a label (else the label says which classes there are). group: the physical part;
    empty when the image is the only one of its part.
    """

    name: str
    role: Role
    file: Path
    group: str = ""
    label: Label | None = None
    class_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class StoredImage:
    """A new image whose files lie in the store already."""

    new: NewImage
    header: ImageHeader
    file: StoredFile
    label: StoredFile | None
    class_ids: tuple[int, ...]


@dataclass(frozen=True)
class NewLabel:
    """What is to be said of an image: its role, its plane with the file that holds it, and who
    made it. A plane without a class has no file."""

    role: Role
    plane: Label | None
    file: StoredFile | None
    source: str


def store(files: FileStore, new: NewImage) -> StoredImage:
    """Put the files of an image into the store, before any row speaks of them.

    Raises ImageError for an image that cannot be read and ProjectError for a label that is not
    of its size.
    """
    header = read_header(new.file)
    classes = new.class_ids
    label = None
    if new.label is not None:
        _check_size(new.label, header, new.name)
        classes = label_classes(new.label)
        label = files.add_label(new.label) if classes else None
    return StoredImage(new, header, files.add_file(new.file), label, classes)


def label_classes(label: Label) -> tuple[int, ...]:
    """The class ids of a label plane, without background (0) and void (255), ascending."""
    return tuple(int(value) for value in np.unique(label) if 0 < value <= MAX_CLASSES)


def insert(
    connection: sqlite3.Connection, item_id: int, images: Iterable[StoredImage]
) -> list[int]:
    """Add images to an item; one id for each.

    An image whose content the item has already is not added: its id is that of the one there.
    A name that is taken gets a number. A new image takes the split of its group.
    """
    item(connection, item_id)
    ids = []
    for image in images:
        found = connection.execute(
            "SELECT id FROM images WHERE item_id = ? AND sha256 = ?", (item_id, image.file.sha256)
        ).fetchone()
        ids.append(int(found["id"]) if found else _insert_one(connection, item_id, image))
    settle_splits(connection, item_id)
    return ids


def select(
    connection: sqlite3.Connection,
    root: Path,
    *,
    item_id: int | None = None,
    role: Role | None = None,
    split: Split | None = None,
) -> list[ImageRecord]:
    """Images in the order they were added, of one item, role or split, or all."""
    limits = {"item_id": item_id, "role": role, "split": split}
    given = {column: value for column, value in limits.items() if value is not None}
    where = " AND ".join(f"{column} = :{column}" for column in given)
    query = f"{_SELECT} {'WHERE ' + where if where else ''} ORDER BY id"
    return [_record(row, root) for row in connection.execute(query, given)]


def select_one(connection: sqlite3.Connection, root: Path, image_id: int) -> ImageRecord:
    """One image. Raises ProjectError when there is none with this id."""
    row = connection.execute(f"{_SELECT} WHERE id = ?", (image_id,)).fetchone()
    if row is None:
        raise ProjectError(f"the project has no image with the number {image_id}")
    return _record(row, root)


def update_groups(connection: sqlite3.Connection, groups: Mapping[int, str]) -> None:
    """Move images to other groups and settle the splits of the items concerned."""
    items = set()
    for image_id, group in groups.items():
        row = connection.execute(
            "UPDATE images SET part = ? WHERE id = ? RETURNING item_id", (group, image_id)
        ).fetchone()
        if row is None:
            raise ProjectError(f"the project has no image with the number {image_id}")
        items.add(int(row["item_id"]))
    for item_id in items:
        settle_splits(connection, item_id)


def update_splits(connection: sqlite3.Connection, splits: Mapping[int, Split | None]) -> None:
    """Set splits, or none.

    Raises ProjectError when a group would lie in two, or in one only in part.
    """
    connection.executemany(
        "UPDATE images SET split = ? WHERE id = ?",
        [(split and split.value, image_id) for image_id, split in splits.items()],
    )
    torn = connection.execute(
        "SELECT part FROM images GROUP BY item_id, part"
        " HAVING count(DISTINCT coalesce(split, '')) > 1 LIMIT 1"
    ).fetchone()
    if torn:
        raise ProjectError(
            "images of one group would fall into different splits",
            subject=torn["part"],
            remedy="Give all images of a group the same split.",
        )


def settle_splits(connection: sqlite3.Connection, item_id: int) -> None:
    """Make groups whole again after images were added or moved.

    Images without a split take that of their group; a group of images of different splits
    loses its split, so that nothing learned from it can be tested on it unnoticed.
    """
    connection.execute(
        "UPDATE images SET split = whole.split FROM ("
        "  SELECT part, CASE count(DISTINCT split) WHEN 1 THEN max(split) END AS split"
        "  FROM images WHERE item_id = :item GROUP BY part"
        "  HAVING count(DISTINCT coalesce(split, '')) > 1) AS whole"
        " WHERE images.item_id = :item AND images.part = whole.part",
        {"item": item_id},
    )


def update_label(connection: sqlite3.Connection, image: ImageRecord, new: NewLabel) -> None:
    """Replace role and label of an image; what they were is remembered when another made them.

    Raises ProjectError for a normal image with a class.
    """
    found = () if new.plane is None else label_classes(new.plane)
    if found and new.role is Role.NORMAL:
        raise ProjectError("a normal image has no class", subject=image.name)
    row = connection.execute(
        "SELECT role, label_source FROM images WHERE id = ?", (image.id,)
    ).fetchone()
    if (row["role"], row["label_source"]) != (new.role.value, new.source):
        earlier_labels.keep(connection, image.id)
    _set_classes(connection, image.item_id, image.id, found)
    connection.execute(
        "UPDATE images SET label_file = ?, label_source = ?, role = ? WHERE id = ?",
        (new.file.path if new.file else None, new.source, new.role.value, image.id),
    )


def check_label(label: Label, image: ImageRecord) -> None:
    """Raise ProjectError unless the label is of the image's size."""
    header = ImageHeader(image.height, image.width, image.channels, image.depth)
    _check_size(label, header, image.name)


def _insert_one(connection: sqlite3.Connection, item_id: int, image: StoredImage) -> int:
    new, header = image.new, image.header
    name = _free_name(connection, item_id, new.name)
    row: dict[str, Any] = {
        "item_id": item_id,
        "name": name,
        "key": name_key(name),
        "role": new.role.value,
        "file": image.file.path,
        "sha256": image.file.sha256,
        "height": header.height,
        "width": header.width,
        "channels": header.channels,
        "depth": header.depth,
        "part": new.group or f"image-{image.file.sha256[:12]}",
        "label_file": image.label.path if image.label else None,
    }
    columns = ", ".join(row)
    values = ", ".join(f":{column}" for column in row)
    cursor = connection.execute(f"INSERT INTO images ({columns}) VALUES ({values})", row)
    image_id = int(cursor.lastrowid or 0)
    _set_classes(connection, item_id, image_id, image.class_ids)
    return image_id


def _set_classes(
    connection: sqlite3.Connection, item_id: int, image_id: int, class_ids: tuple[int, ...]
) -> None:
    check_classes(connection, item_id, set(class_ids))
    connection.execute("DELETE FROM image_classes WHERE image_id = ?", (image_id,))
    connection.executemany(
        "INSERT INTO image_classes (image_id, item_id, class_id) VALUES (?, ?, ?)",
        [(image_id, item_id, class_id) for class_id in class_ids],
    )


def _free_name(connection: sqlite3.Connection, item_id: int, name: str) -> str:
    def taken(candidate: str) -> bool:
        found = connection.execute(
            "SELECT 1 FROM images WHERE item_id = ? AND key = ?", (item_id, name_key(candidate))
        )
        return found.fetchone() is not None

    candidate, number = name, 2
    while taken(candidate):
        candidate, number = f"{name} ({number})", number + 1
    return candidate


def _check_size(label: Label, header: ImageHeader, name: str) -> None:
    if label.shape != (header.height, header.width):
        raise ProjectError(
            f"the label has {label.shape} pixels, the image ({header.height}, {header.width})",
            subject=name,
            remedy="Give a label of the image's size.",
        )


def _record(row: sqlite3.Row, root: Path) -> ImageRecord:
    classes = row["class_ids"]
    return ImageRecord(
        id=row["id"],
        item_id=row["item_id"],
        name=row["name"],
        role=Role(row["role"]),
        file=root / row["file"],
        sha256=row["sha256"],
        height=row["height"],
        width=row["width"],
        channels=row["channels"],
        depth=row["depth"],
        group=row["part"],
        split=Split(row["split"]) if row["split"] else None,
        class_ids=tuple(sorted(map(int, classes.split(",")))) if classes else (),
        label_file=root / row["label_file"] if row["label_file"] else None,
        label_source=row["label_source"],
    )
