"""What all exporters share: the frozen list, loading, the manifest and the check afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import defectstudio
from defectstudio.domain.errors import ExportError
from defectstudio.domain.files import sha256_file, write_bytes, write_json
from defectstudio.domain.records import MAX_CLASSES
from defectstudio.exchange.names import unique_names
from defectstudio.imaging.reading import read_image, read_label
from defectstudio.imaging.types import Image, Label

MANIFEST = "manifest.json"
VOID = 255
Progress = Callable[[int, int], None]
"""Called with (done, total); what it raises ends the export and leaves nothing behind."""


@dataclass(frozen=True)
class ExportEntry:
    """One image to export. label: the uint8 plane of class ids, None for a defect-free image;
    recipe: the JSON file of a synthetic sample."""

    name: str
    image: Path
    label: Path | None
    item: str
    split: str | None
    synthetic: bool
    recipe: Path | None


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote: `defects` counts images by class name, `notes` says what the format
    could not hold or how it was brought into it, one sentence each."""

    format: str
    out: Path
    images: int
    synthetic: int
    defects: dict[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """An entry in memory with its name in the export; `label` has the image's (H, W)."""

    entry: ExportEntry
    name: str
    image: Image
    label: Label
    class_ids: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """An image in the manifest; paths are relative to the export, POSIX."""

    name: str
    item: str
    split: str | None
    synthetic: bool
    class_ids: tuple[int, ...]
    source_sha256: str
    image: str
    labels: tuple[str, ...]
    recipe: str | None


def check_request(entries: Sequence[ExportEntry], classes: Mapping[int, str]) -> None:
    """Raise ExportError when there is nothing to export or the classes cannot be written."""
    if not entries:
        raise ExportError("there is nothing to export", remedy="Choose other splits or images.")
    for class_id, name in classes.items():
        if not 1 <= class_id <= MAX_CLASSES or not name.strip():
            raise ExportError(
                f"the class {class_id} named {name!r} cannot be exported",
                remedy=f"Class ids are 1 to {MAX_CLASSES}, and names are not empty.",
            )
    if len(set(classes.values())) != len(classes):
        raise ExportError(
            "two classes have the same name", remedy="Rename one of them before exporting."
        )


def pictures(
    entries: Sequence[ExportEntry], classes: Mapping[int, str], progress: Progress | None
) -> Iterator[Picture]:
    """Load the entries one by one. Raises ImageError for unreadable files and ExportError for
    labels that do not fit their image or hold unknown classes."""
    several = len({entry.item for entry in entries}) > 1
    names = unique_names(
        f"{entry.item}_{entry.name}" if several else entry.name for entry in entries
    )
    for done, (entry, name) in enumerate(zip(entries, names, strict=True)):
        if progress:
            progress(done, len(entries))
        image = read_image(entry.image)
        label = np.zeros(image.shape[:2], np.uint8) if not entry.label else read_label(entry.label)
        if label.shape != image.shape[:2]:
            raise ExportError(
                f"the label has {label.shape[1]} x {label.shape[0]} pixels, "
                f"its image {image.shape[1]} x {image.shape[0]}",
                subject=entry.label,
                remedy="Label the image again.",
            )
        class_ids = tuple(int(i) for i in np.unique(label) if i not in (0, VOID))
        if unknown := set(class_ids) - set(classes):
            raise ExportError(
                f"the label holds the unknown class {min(unknown)}",
                subject=entry.label,
                remedy="Add the class to the item, or label the image again.",
            )
        yield Picture(entry, name, image, label, class_ids)
    if progress:
        progress(len(entries), len(entries))


def keep_recipe(folder: Path, picture: Picture) -> str | None:
    """Copy the sample's recipe beside the export; its path in the export."""
    if picture.entry.recipe is None:
        return None
    relative = f"recipes/{picture.name}.json"
    write_bytes(folder / relative, picture.entry.recipe.read_bytes())
    return relative


def row(picture: Picture, image: str, labels: Sequence[str], recipe: str | None) -> Row:
    """The manifest's line of a picture written to `image` and `labels`."""
    entry = picture.entry
    return Row(
        name=picture.name,
        item=entry.item,
        split=entry.split,
        synthetic=entry.synthetic,
        class_ids=picture.class_ids,
        source_sha256=sha256_file(entry.image),
        image=image,
        labels=tuple(labels),
        recipe=recipe,
    )


def write_manifest(
    folder: Path,
    kind: str,
    classes: Mapping[int, str],
    rows: Sequence[Row],
    notes: Sequence[str],
) -> None:
    """manifest.json: every file of the export with its SHA-256, every image with its origin."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    write_json(
        folder / MANIFEST,
        {
            "format": 1,
            "kind": kind,
            "made_by": f"DefectStudio {defectstudio.__version__}",
            "classes": {str(class_id): name for class_id, name in sorted(classes.items())},
            "files": {path.relative_to(folder).as_posix(): sha256_file(path) for path in files},
            "images": [vars(line) for line in rows],
            "notes": list(notes),
        },
    )


def report(
    kind: str, out: Path, classes: Mapping[int, str], rows: Sequence[Row], notes: Sequence[str]
) -> ExportReport:
    """The figures of a finished export."""
    counts = Counter(classes[class_id] for line in rows for class_id in line.class_ids)
    synthetic = sum(line.synthetic for line in rows)
    return ExportReport(kind, out, len(rows), synthetic, dict(counts), tuple(notes))


def must_equal(found: NDArray[Any], written: NDArray[Any], path: Path) -> None:
    """Raise ExportError when what was read back is not what was written."""
    if found.dtype != written.dtype or not np.array_equal(found, written):
        raise not_as_written(path)


def not_as_written(path: Path) -> ExportError:
    """The error for a file that reads back differently."""
    return ExportError(
        "the file did not read back as it was written",
        subject=path.name,
        remedy="Check the disk, then export again.",
    )


def void_note(count: int) -> list[str]:
    """The sentence on void pixels, where there are any."""
    return [f"{count} images have void pixels, which belong to no mask."] if count else []
