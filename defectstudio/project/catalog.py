"""Items and their classes, as rows."""

from __future__ import annotations

import math
import sqlite3

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import MAX_CLASSES, DefectClass, Item
from defectstudio.project.names import clean_name, name_key

_ITEMS = "SELECT id, name, pixel_size_mm FROM items"
_RESERVED = {"good", "normal"}
"""Names the exchange formats give to defect-free images."""


def items(connection: sqlite3.Connection) -> list[Item]:
    """All items in the order they were added."""
    return [Item(*row) for row in connection.execute(f"{_ITEMS} ORDER BY id")]


def item(connection: sqlite3.Connection, item_id: int) -> Item:
    """One item. Raises ProjectError when there is none with this id."""
    row = connection.execute(f"{_ITEMS} WHERE id = ?", (item_id,)).fetchone()
    if row is None:
        raise ProjectError(f"the project has no item with the number {item_id}")
    return Item(*row)


def insert_item(connection: sqlite3.Connection, name: str) -> Item:
    """Add an item. Raises ProjectError for a bad name or one that is taken."""
    name = clean_name(name, "item")
    key = name_key(name)
    if connection.execute("SELECT 1 FROM items WHERE key = ?", (key,)).fetchone():
        raise ProjectError(
            "the project has an item of this name", subject=name, remedy="Choose another name."
        )
    cursor = connection.execute("INSERT INTO items (name, key) VALUES (?, ?)", (name, key))
    return Item(int(cursor.lastrowid or 0), name)


def calibrate(connection: sqlite3.Connection, item_id: int, pixel_size_mm: float | None) -> None:
    """Note what a pixel of an item measures. Raises ProjectError for no item and no length."""
    item(connection, item_id)
    if pixel_size_mm is not None and not 0 < pixel_size_mm < math.inf:
        raise ProjectError(
            "the size of a pixel is a length above 0",
            subject=pixel_size_mm,
            remedy="Give it in millimetres.",
        )
    connection.execute("UPDATE items SET pixel_size_mm = ? WHERE id = ?", (pixel_size_mm, item_id))


def classes(connection: sqlite3.Connection, item_id: int) -> list[DefectClass]:
    """The classes of an item by id."""
    rows = connection.execute(
        "SELECT id, item_id, name FROM classes WHERE item_id = ? ORDER BY id", (item_id,)
    )
    return [DefectClass(row["id"], row["item_id"], row["name"]) for row in rows]


def insert_class(connection: sqlite3.Connection, item_id: int, name: str) -> DefectClass:
    """Add a class under the item's next id, which no class ever had.

    Raises ProjectError for a bad or taken name, an unknown item, and when all ids were used.
    """
    name = clean_name(name, "class")
    key = name_key(name)
    _check_free(connection, item_id, key, name)
    item(connection, item_id)
    row = connection.execute("SELECT next_class FROM items WHERE id = ?", (item_id,)).fetchone()
    class_id = int(row[0])
    if class_id > MAX_CLASSES:
        raise ProjectError(
            f"the item has used all its {MAX_CLASSES} class numbers",
            subject=name,
            remedy="Put further classes into another item.",
        )
    connection.execute(
        "INSERT INTO classes (item_id, id, name, key) VALUES (?, ?, ?, ?)",
        (item_id, class_id, name, key),
    )
    connection.execute("UPDATE items SET next_class = ? WHERE id = ?", (class_id + 1, item_id))
    return DefectClass(class_id, item_id, name)


def insert_again(connection: sqlite3.Connection, item_id: int, class_id: int, name: str) -> None:
    """Add a class that was removed under the id it had. Raises ProjectError for a taken name."""
    key = name_key(name)
    _check_free(connection, item_id, key, name)
    connection.execute(
        "INSERT INTO classes (item_id, id, name, key) VALUES (?, ?, ?, ?)",
        (item_id, class_id, name, key),
    )


def rename_class(connection: sqlite3.Connection, item_id: int, class_id: int, name: str) -> None:
    """Give a class another name; its id stays. Raises ProjectError."""
    name = clean_name(name, "class")
    key = name_key(name)
    check_classes(connection, item_id, {class_id})
    _check_free(connection, item_id, key, name, but=class_id)
    connection.execute(
        "UPDATE classes SET name = ?, key = ? WHERE item_id = ? AND id = ?",
        (name, key, item_id, class_id),
    )


def delete_class(connection: sqlite3.Connection, item_id: int, class_id: int) -> None:
    """Remove a class nothing uses; its id is not given again. Raises ProjectError."""
    check_classes(connection, item_id, {class_id})
    used = connection.execute(
        "SELECT (SELECT count(*) FROM image_classes WHERE item_id = :i AND class_id = :c)"
        " + (SELECT count(*) FROM sample_classes WHERE item_id = :i AND class_id = :c)",
        {"i": item_id, "c": class_id},
    ).fetchone()[0]
    if used:
        raise ProjectError(
            f"the class is used by {used} images or samples",
            subject=class_id,
            remedy="Erase it from their labels first.",
        )
    connection.execute("DELETE FROM classes WHERE item_id = ? AND id = ?", (item_id, class_id))


def check_classes(connection: sqlite3.Connection, item_id: int, class_ids: set[int]) -> None:
    """Raise ProjectError unless the item has all these classes."""
    unknown = class_ids - {found.id for found in classes(connection, item_id)}
    if unknown:
        raise ProjectError(
            f"the item has no class with the number {min(unknown)}",
            remedy="Add the class to the item first.",
        )


def _check_free(
    connection: sqlite3.Connection, item_id: int, key: str, name: str, but: int = 0
) -> None:
    if key in _RESERVED:
        raise ProjectError(
            "this name stands for images without defects",
            subject=name,
            remedy="Choose another name for the class.",
        )
    taken = connection.execute(
        "SELECT 1 FROM classes WHERE item_id = ? AND key = ? AND id <> ?", (item_id, key, but)
    ).fetchone()
    if taken:
        raise ProjectError(
            "the item has a class of this name", subject=name, remedy="Choose another name."
        )
