"""What files that are dropped on the window mean."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from defectstudio.project.place import DATABASE, is_project

_IMAGES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})


@dataclass(frozen=True)
class Dropped:
    """project: a project to open; else images: the folder to import."""

    project: Path | None = None
    images: Path | None = None


def meaning(paths: Sequence[Path]) -> Dropped:
    """A project by its folder or database, images by their folder or themselves; else nothing."""
    if len(paths) == 1:
        root = paths[0].parent if paths[0].name == DATABASE else paths[0]
        if is_project(root):
            return Dropped(project=root)
        if root.is_dir():
            return Dropped(images=root)
    if paths and all(path.suffix.lower() in _IMAGES for path in paths):
        return Dropped(images=Path(os.path.commonpath([path.parent for path in paths])))
    return Dropped()
