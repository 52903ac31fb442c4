"""What tells that a folder is a project; light, since the first page of the window asks it."""

from __future__ import annotations

from pathlib import Path

DATABASE = "project.sqlite"


def is_project(folder: Path) -> bool:
    """Whether there is a project in a folder. Opens nothing."""
    try:
        return (folder / DATABASE).is_file()
    except OSError:  # a path that no system takes
        return False
