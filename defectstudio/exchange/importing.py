"""What an import would take from a folder, found without changing or decoding pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.domain.words import shown
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers import (
    coco,
    crackforest,
    cvat,
    folder,
    labelme,
    mvtec,
    voc,
    yolo,
)
from defectstudio.imaging.reading import read_header, read_image

__all__ = ["AUTO", "READERS", "ImportEntry", "ImportPlan", "ImportProblem", "check", "scan"]

AUTO = "auto"


@dataclass(frozen=True)
class Reader:
    """A layout. looks_like: whether a folder has it, by its names; scan: its entries."""

    looks_like: Callable[[Path], bool]
    scan: Callable[[Path], ImportPlan]


READERS = {
    "mvtec": Reader(mvtec.looks_like, mvtec.scan),
    "voc": Reader(voc.looks_like, voc.scan),
    "yolo": Reader(yolo.looks_like, yolo.scan),
    "cvat": Reader(cvat.looks_like, cvat.scan),
    "crackforest": Reader(crackforest.looks_like, crackforest.scan),
    "coco": Reader(coco.looks_like, coco.scan),
    "labelme": Reader(labelme.looks_like, labelme.scan),
    "folder": Reader(folder.looks_like, folder.scan),
}
"""By name, in the order in which a folder is tried; a plain folder is what no other layout is."""


def scan(source: Path, format: str = AUTO) -> ImportPlan:
    """The entries and problems of a source folder.

    format: one of `READERS` (see the module of its name in exchange.readers) or "auto". Files are
    found by name; `check` looks inside. Raises ImportSourceError when there is no such folder,
    the format is unknown, a table cannot be read, or nothing in it can be imported.
    """
    if format not in (AUTO, *READERS):
        raise ImportSourceError(
            "this format is not known",
            subject=format,
            remedy=f"Use one of {', '.join((AUTO, *READERS))}.",
        )
    check_source(source)
    try:
        plan = READERS[_format(source) if format == AUTO else format].scan(source)
    except OSError as error:
        raise ImportSourceError(
            f"the folder cannot be read ({error.strerror})",
            subject=error.filename or source,
            remedy="Check its permissions.",
        ) from error
    if not plan.entries and not plan.problems:
        raise ImportSourceError(
            "no images were found",
            subject=source,
            remedy="Expected are <class>/images with <class>/masks and good/images, images with "
            "masks of the same name beside them, or the layout of MVTec AD, COCO, YOLO, Pascal "
            "VOC, CVAT, LabelMe or CrackForest." + _hint(source),
        )
    return plan


def check_source(source: Path) -> None:
    """Raise ImportSourceError when there is no such folder, or no project can speak of it."""
    if not source.is_dir():
        raise ImportSourceError("there is no such folder", subject=source, remedy="Check the path.")
    if shown(str(source)) != str(source):
        raise ImportSourceError(
            "its name is no text in UTF-8", subject=source, remedy="Give the folder another name."
        )


def check(entry: ImportEntry) -> ImportProblem | None:
    """Decode the image and its mask; None when both are good and fit together."""
    if shown(name := f"{entry.name}{entry.image}") != name:
        return ImportProblem(
            entry.image, "its name is no text in UTF-8", "Give the file another name."
        )
    try:
        if entry.mask is None:
            read_image(entry.image)
            return None
        image, (height, width) = read_header(entry.image), entry.mask.size()
        if (image.height, image.width) != (height, width):
            return ImportProblem(
                entry.mask.path,
                f"the mask has {width} x {height} pixels, its image {image.width} x {image.height}",
                "Save the mask in the size of its image.",
            )
        read_image(entry.image)
        if not entry.mask.read().any():
            return ImportProblem(
                entry.mask.path,
                "the mask is empty",
                "Mark the defect, or move the image to the folder good.",
            )
    except ImageError as error:
        return ImportProblem(Path(error.subject or entry.image), error.reason, error.remedy)
    return None


def _format(source: Path) -> str:
    return next((name for name, reader in READERS.items() if reader.looks_like(source)), "folder")


def _hint(source: Path) -> str:
    items = [
        child.name
        for child in sorted(source.iterdir())
        if child.is_dir() and any(reader.looks_like(child) for reader in READERS.values())
    ]
    return f" Import one item at a time: {', '.join(items[:8])}." if items else ""
