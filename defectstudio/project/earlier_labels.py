"""What labels of images were before, as rows."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from defectstudio.domain.records import EarlierLabel, Role


def keep(connection: sqlite3.Connection, image_id: int) -> None:
    """Remember what the label of an image is now."""
    connection.execute(
        "INSERT INTO earlier_labels (image_id, role, label_file, source, until)"
        " SELECT id, role, label_file, label_source, ? FROM images WHERE id = ?",
        (datetime.now(UTC).isoformat(timespec="seconds"), image_id),
    )


def select(connection: sqlite3.Connection, root: Path, image_id: int) -> list[EarlierLabel]:
    """What the label of an image was before, newest first."""
    rows = connection.execute(
        "SELECT * FROM earlier_labels WHERE image_id = ? ORDER BY id DESC", (image_id,)
    )
    return [
        EarlierLabel(
            id=row["id"],
            image_id=row["image_id"],
            role=Role(row["role"]),
            label_file=root / row["label_file"] if row["label_file"] else None,
            source=row["source"],
            until=row["until"],
        )
        for row in rows
    ]
