"""What an import would take from a folder, found without changing or decoding anything."""

from __future__ import annotations

from pathlib import Path

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers import folder, mvtec
from defectstudio.imaging.reading import read_header, read_image, read_mask

__all__ = ["FORMATS", "ImportEntry", "ImportPlan", "ImportProblem", "check", "scan"]

FORMATS = ("auto", "folder", "mvtec")


def scan(source: Path, format: str = "auto") -> ImportPlan:
    """The entries and problems of a source folder.

    format: "folder" (see exchange.readers.folder), "mvtec" (see exchange.readers.mvtec) or "auto".
    Files are found by name; `check` looks inside. Raises ImportSourceError when there is no such
    folder, the format is unknown, or nothing in it can be imported.
    """
    if format not in FORMATS:
        raise ImportSourceError(
            "this format is not known", subject=format, remedy=f"Use one of {', '.join(FORMATS)}."
        )
    if not source.is_dir():
        raise ImportSourceError("there is no such folder", subject=source, remedy="Check the path.")
    chosen = format
    if format == "auto":
        chosen = "mvtec" if mvtec.looks_like(source) else "folder"
    try:
        plan = mvtec.scan(source) if chosen == "mvtec" else folder.scan(source)
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
            "masks of the same name beside them, or MVTec AD's train, test and ground_truth."
            + _hint(source),
        )
    return plan


def check(entry: ImportEntry) -> ImportProblem | None:
    """Decode the image and its mask; None when both are good and fit together."""
    try:
        if entry.mask is None:
            read_image(entry.image)
            return None
        image, mask = read_header(entry.image), read_header(entry.mask)
        if (image.height, image.width) != (mask.height, mask.width):
            return ImportProblem(
                entry.mask,
                f"the mask has {mask.width} x {mask.height} pixels, "
                f"its image {image.width} x {image.height}",
                "Save the mask in the size of its image.",
            )
        read_image(entry.image)
        if not read_mask(entry.mask).any():
            return ImportProblem(
                entry.mask,
                "the mask is empty",
                "Mark the defect, or move the image to the folder good.",
            )
    except ImageError as error:
        return ImportProblem(Path(error.subject or entry.image), error.reason, error.remedy)
    return None


def _hint(source: Path) -> str:
    items = [
        child.name
        for child in sorted(source.iterdir())
        if child.is_dir() and (mvtec.looks_like(child) or folder.looks_like(child))
    ]
    return f" Import one item at a time: {', '.join(items[:8])}." if items else ""
