"""An image opened for painting: its native pixels, its screen levels and its label plane."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from defectstudio.app.classes import relabel
from defectstudio.app.display import Window, pyramid, shown, window_of
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.regions import read_region, region_file
from defectstudio.app.windows import read_windows
from defectstudio.domain.errors import ImageError, ProjectError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.records import ImageRecord, Role, Split
from defectstudio.imaging.reading import read_image, read_label, write_png
from defectstudio.imaging.types import Image, Label
from defectstudio.project.project import Project
from defectstudio.project.reclassing import VOID

DRAFTS = "drafts"
"""Folder of the masks painted on backgrounds. They are plans for defects and no labels: a
background's own label stays empty, or exports would call it defective."""


@dataclass
class Document:
    """`native` (H, W) or (H, W, 3) as read; `levels` for the screen; `plane` is painted on."""

    record: ImageRecord
    native: Image
    window: Window
    levels: list[NDArray[np.uint8]]
    plane: LabelPlane
    revision: int = 0
    """Counts the edits."""
    saved: int = field(default=0)
    """The revision on disk."""
    region: LabelPlane | None = None
    """1 where defects may fall on a background; None, or nothing in it: anywhere."""

    def region_plane(self) -> LabelPlane:
        """The region to paint on, empty at first."""
        if self.region is None:
            self.region = LabelPlane(np.zeros(self.plane.shape, np.uint8))
        return self.region

    @property
    def is_background(self) -> bool:
        """Whether painting plans synthetic defects; otherwise it corrects a real label."""
        return self.record.role is Role.NORMAL

    @property
    def is_unpainted(self) -> bool:
        """Whether it shows a real defect that is not on the plane either."""
        return self.record.is_unpainted and not bool(np.any(self.plane.labels))

    @property
    def takes_samples(self) -> bool:
        """Whether samples may be made on it: a background, and none that a model is tested on."""
        return self.is_background and self.record.split is not Split.TEST

    @property
    def dirty(self) -> bool:
        """Whether the last edit is not on disk yet."""
        return self.revision != self.saved

    def value(self, row: int, column: int) -> tuple[int, ...] | None:
        """The native value of a pixel, one number a channel; None outside."""
        height, width = self.native.shape[:2]
        if not (0 <= row < height and 0 <= column < width):
            return None
        return tuple(int(band) for band in np.atleast_1d(self.native[row, column]))


def open_document(project: Project, record: ImageRecord) -> Document:
    """Read an image and what was painted on it. Slow for large images: not for the window's thread.

    Raises ImageError when a file cannot be read, is not the one that was imported, or the label
    has another size.
    """
    _check_unchanged(record)
    native = read_image(record.file)
    labels = stored_labels(project, record, native.shape[:2])
    window = read_windows(project.root).of(record) or window_of(native)
    levels = pyramid(shown(native, window))
    plane = LabelPlane(labels)
    plane.take_room()
    return Document(
        record,
        native,
        window,
        levels,
        plane,
        region=_region(project, record),
    )


def _region(project: Project, record: ImageRecord) -> LabelPlane | None:
    region = read_region(project, record.id) if record.role is Role.NORMAL else None
    if region is None:
        return None
    if region.shape != (record.height, record.width):
        raise ImageError(
            f"the region has {region.shape[1]} x {region.shape[0]} pixels, "
            f"the image {record.width} x {record.height}",
            subject=region_file(project, record.id),
            remedy="Delete the file, and paint the region again.",
        )
    return LabelPlane(region.view(np.uint8))


def stored_labels(project: Project, record: ImageRecord, shape: tuple[int, int]) -> Label:
    """What is painted on an image of this shape, as it is stored.

    Raises ImageError when it cannot be read or has another size.
    """
    stored = stored_label(project, record)
    if stored is None or not stored.exists():
        return np.zeros(shape, np.uint8)
    labels = read_label(stored)
    if record.role is Role.NORMAL:  # of classes that are gone since it was painted
        labels = relabel(labels, gone_from_drafts(project, record))
    if labels.shape != shape:
        raise ImageError(
            f"the label has {labels.shape[1]} x {labels.shape[0]} pixels, "
            f"the image {shape[1]} x {shape[0]}",
            subject=stored,
            remedy="Import the image and its mask again.",
        )
    return labels


def _check_unchanged(record: ImageRecord) -> None:
    """A recipe names its background by hash: other pixels would make it a lie."""
    try:
        changed = sha256_file(record.file) != record.sha256
    except OSError as error:
        raise ImageError(
            f"the image cannot be read ({error.strerror or error})",
            subject=record.file,
            remedy="Restore the file from a copy of the project.",
        ) from error
    if changed:
        raise ImageError(
            "the file of this image was changed after it was imported",
            subject=record.file,
            remedy="Restore the file from a copy of the project, or import the image again.",
        )


def gone_from_drafts(project: Project, record: ImageRecord) -> dict[int, int]:
    """What ids of removed classes are in a draft, where nothing needs to be void."""
    gone = project.gone_classes(record.item_id)
    return {before: 0 if now == VOID else now for before, now in gone.items()}


def save_labels(project: Project, record: ImageRecord, labels: Label) -> None:
    """Store what was painted: a background's as a draft, a defect image's as its label.

    Raises ProjectError when it cannot be written.
    """
    if record.role is not Role.NORMAL:
        project.save_label(record.id, labels)
        return
    project.check_there()
    draft = draft_file(project, record)
    try:
        if labels.any():
            write_png(draft, labels)
        else:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError(
            f"what is painted cannot be saved ({error.strerror or error})",
            subject=draft,
            remedy="Free some space or allow writing to the project's folder.",
        ) from error


def stored_label(project: Project, record: ImageRecord) -> Path | None:
    """The file of what is painted on an image, which need not be there; None: no label yet."""
    return draft_file(project, record) if record.role is Role.NORMAL else record.label_file


def draft_file(project: Project, record: ImageRecord) -> Path:
    """Where the mask painted on a background is kept."""
    return project.root / DRAFTS / f"{record.id}.png"


def drafts(project: Project) -> set[int]:
    """The ids of the backgrounds that something is painted on."""
    names = [path.stem for path in (project.root / DRAFTS).glob("*.png")]
    return {int(name) for name in names if name.isdigit()}
