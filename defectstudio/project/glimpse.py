"""What there is in a project, without opening it: nothing is mended, moved on or queued again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from defectstudio.project.database import connect, translated
from defectstudio.project.place import DATABASE


@dataclass(frozen=True)
class Glimpse:
    """Whether there are images, painted defects, generators, samples and exports that ended."""

    images: bool
    labels: bool
    generators: bool
    samples: bool
    exports: bool


def glimpse(root: Path) -> Glimpse:
    """Look into the project at `root`. Raises ProjectError where its database cannot be read."""
    path = root / DATABASE
    with translated(path), closing(connect(path)) as connection:
        found = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM images),"
            " EXISTS (SELECT 1 FROM images WHERE role = 'defect' AND label_file IS NOT NULL),"
            " EXISTS (SELECT 1 FROM generators),"
            " EXISTS (SELECT 1 FROM samples),"
            " EXISTS (SELECT 1 FROM jobs WHERE kind = 'export' AND state = 'done')"
        ).fetchone()
    return Glimpse(*map(bool, found))
