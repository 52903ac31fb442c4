"""Where defects may fall on a background: a mask painted once, used by every batch."""

from __future__ import annotations

from pathlib import Path

from defectstudio.domain.errors import ProjectError
from defectstudio.imaging.reading import read_mask, write_png
from defectstudio.imaging.types import Mask
from defectstudio.project.project import Project

REGIONS = "regions"


def region_file(project: Project, image_id: int) -> Path:
    """Where the region of a background is kept."""
    return project.root / REGIONS / f"{image_id}.png"


def regions(project: Project) -> set[int]:
    """The ids of the backgrounds that have a region."""
    names = [path.stem for path in (project.root / REGIONS).glob("*.png")]
    return {int(name) for name in names if name.isdigit()}


def read_region(project: Project, image_id: int) -> Mask | None:
    """The region of a background, None where defects may fall anywhere. Raises ImageError."""
    path = region_file(project, image_id)
    return read_mask(path) if path.exists() else None


def save_region(project: Project, image_id: int, region: Mask | None) -> None:
    """Keep the region of a background; an empty one or None: anywhere. Raises ProjectError."""
    path = region_file(project, image_id)
    try:
        if region is None or not region.any():
            path.unlink(missing_ok=True)
        else:
            write_png(path, region)
    except OSError as error:
        raise ProjectError(
            f"the region cannot be saved ({error.strerror or error})",
            subject=path,
            remedy="Free some space or allow writing to the project's folder.",
        ) from error
