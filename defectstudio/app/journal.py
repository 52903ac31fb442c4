"""The stroke journal: edits that are not saved yet, kept on disk in case the program dies.

A journal is a file of records beside the drafts. The first two say which image is painted and
hold the file that it was saved to last; every other one is an edit. A record has its length and
checksum before it, so that a journal torn anywhere is read up to its last whole edit.
"""

from __future__ import annotations

import json
import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from defectstudio.app.classes import relabel
from defectstudio.app.document import (
    DRAFTS,
    gone_from_drafts,
    save_labels,
    stored_label,
    stored_labels,
)
from defectstudio.app.label_plane import LabelPlane, Plane
from defectstudio.app.strokes import Change, Patch, replace_labels
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import read_plain
from defectstudio.domain.records import ImageRecord, Role
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import MAX_BYTES, label_in
from defectstudio.imaging.types import Label
from defectstudio.project.project import Project

SUFFIX = ".journal"
_HEAD = struct.Struct("<II")
_PATCH = struct.Struct("<5I")


@dataclass
class _Journal:
    path: Path
    size: int
    """Bytes known to be whole; what a failed write left behind them is cut off."""


class StrokeJournal:
    """Writes the edits of a project's images. Its methods belong to one thread."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._open: dict[int, _Journal] = {}

    def append(self, image_id: int, shape: tuple[int, int], change: Change) -> None:
        """Keep an edit, on disk when this returns. Raises ProjectError when it cannot be."""
        self._project.check_there()
        try:
            if image_id not in self._open:
                self._open[image_id] = self._begin(image_id, shape)
            _write(self._open[image_id], _record(_packed(change)))
        except OSError as error:
            raise ProjectError(
                f"strokes cannot be kept in case of a crash ({error.strerror or error})",
                subject=self._project.root / DRAFTS,
                remedy="Free some space or allow writing there. What is painted is still open.",
            ) from error

    def drop(self, image_id: int) -> None:
        """Forget the edits of an image: they are saved."""
        journal = self._open.pop(image_id, None)
        if journal is not None:
            journal.path.unlink(missing_ok=True)

    def _begin(self, image_id: int, shape: tuple[int, int]) -> _Journal:
        record = self._project.image(image_id)
        stored = stored_label(self._project, record)
        # The file as it is: to decode it takes a large image's memory once more after each save.
        base = stored.read_bytes() if stored is not None and stored.exists() else b""
        gone = gone_from_drafts(self._project, record) if record.role is Role.NORMAL else {}
        folder = self._project.root / DRAFTS
        folder.mkdir(parents=True, exist_ok=True)
        journal = _Journal(folder / f"{image_id}-{secrets.token_hex(4)}{SUFFIX}", 0)
        journal.path.touch(exist_ok=False)
        head = json.dumps({"image": image_id, "shape": shape, "gone": gone}).encode()
        _write(journal, _record(head) + _record(base))
        return journal


@dataclass(frozen=True)
class Lost:
    """Edits that were never saved. `labels` is what they lead to."""

    path: Path
    image_id: int
    labels: Label
    edits: int
    when: datetime


def replay(path: Path) -> Lost | None:
    """What a journal leads to, up to its last whole edit; None when it holds none."""
    data = read_plain(path, MAX_BYTES)
    records = _records(data)
    try:
        head = json.loads(next(records))
        labels = _base(next(records), head, path)
    except StopIteration:
        return None
    edits = 0
    for record in records:
        for patch in _patches(record):
            patch.apply(labels)
        edits += 1
    when = datetime.fromtimestamp(path.stat().st_mtime)
    return Lost(path, head["image"], labels, edits, when) if edits else None


def find_lost(project: Project) -> list[Lost]:
    """What dead programs left unsaved, oldest first. Journals with nothing new are removed.

    Call it before anything is painted. Raises ProjectError when a journal cannot be read.
    """
    known = {image.id: image for image in project.images()}
    found = []
    try:
        for path in (project.root / DRAFTS).glob(f"*{SUFFIX}"):
            lost = replay(path)
            image = known.get(lost.image_id) if lost else None
            if lost is not None and image is not None and _is_news(lost, project, image):
                found.append(lost)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError(
            f"unsaved strokes cannot be read ({error.strerror or error})",
            subject=project.root / DRAFTS,
            remedy="Allow reading there and open the project again.",
        ) from error
    return sorted(found, key=lambda lost: lost.when)


def recover(project: Project, lost: Lost) -> Change | None:
    """Store what was lost and remove its journal. Returns the change, which can be taken back.

    Raises ProjectError or ImageError.
    """
    image, labels = project.image(lost.image_id), labels_now(project, lost)
    height, width = labels.shape
    change = replace_labels(LabelPlane(stored_labels(project, image, (height, width))), labels)
    save_labels(project, image, labels)
    lost.path.unlink(missing_ok=True)
    return change


def labels_now(project: Project, lost: Lost) -> Label:
    """What was lost, its classes as they are now: some may be gone since. Raises ProjectError."""
    image = project.image(lost.image_id)
    draft = image.role is Role.NORMAL
    gone = gone_from_drafts(project, image) if draft else project.gone_classes(image.item_id)
    return relabel(lost.labels, gone)


def _write(journal: _Journal, data: bytes) -> None:
    with journal.path.open("r+b") as stream:
        stream.truncate(journal.size)
        stream.seek(journal.size)
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    journal.size += len(data)


def _record(payload: bytes) -> bytes:
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def _records(data: bytes) -> Iterator[bytes]:
    place = 0
    while place + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, place)
        payload = data[place + _HEAD.size : place + _HEAD.size + length]
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return
        yield payload
        place += _HEAD.size + length


def _packed(change: Change) -> bytes:
    return b"".join(
        _PATCH.pack(box.top, box.left, box.height, box.width, len(packed)) + packed
        for box, packed in ((patch.box, patch.packed) for patch in change.patches)
    )


def _patches(record: bytes) -> Iterator[Patch]:
    place = 0
    while place < len(record):
        *box, length = _PATCH.unpack_from(record, place)
        place += _PATCH.size
        yield Patch(Box(*box), record[place : place + length])
        place += length


def _base(stored: bytes, head: dict[str, Any], path: Path) -> Plane:
    """What the edits began with; classes that were gone by then are not in it."""
    if not stored:
        return np.zeros(head["shape"], np.uint8)
    gone = {int(before): now for before, now in head["gone"].items()}
    return relabel(label_in(stored, path), gone)


def _is_news(lost: Lost, project: Project, image: ImageRecord) -> bool:
    if not lost.labels.any() and image.role is not Role.NORMAL:
        return False  # An emptied real label is never stored.
    height, width = lost.labels.shape
    return not np.array_equal(lost.labels, stored_labels(project, image, (height, width)))
