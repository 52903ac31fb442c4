"""Content-addressed files: `files/ab/<sha256>.<suffix>`, written once and never again."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from defectstudio.domain.errors import InternalError, ProjectError
from defectstudio.domain.files import inside, sha256_bytes, write_bytes
from defectstudio.imaging.types import Label


@dataclass(frozen=True)
class StoredFile:
    """A file of the store: its path relative to the project (POSIX) and its SHA-256."""

    path: str
    sha256: str


class FileStore:
    """The files of the project at `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def add_bytes(self, data: bytes, suffix: str) -> StoredFile:
        """Store bytes under their hash; a file that is there already is left as it is.

        suffix: with its dot, as `Path.suffix` gives it. Raises ProjectError when the disk fails.
        """
        digest = sha256_bytes(data)
        tail = suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else ""
        relative = f"files/{digest[:2]}/{digest}{tail}"
        target = self._root / relative
        try:
            if not _there(target):
                write_bytes(target, data)
                _sync_folder(target.parent)
        except OSError as error:
            raise ProjectError(
                f"a file cannot be stored in the project ({error.strerror or error})",
                subject=target,
                remedy="Free some space or allow writing to the project's folder.",
            ) from error
        return StoredFile(relative, digest)

    def add_file(self, source: Path) -> StoredFile:
        """Store a copy of the file at `source`, which is only read. Raises ProjectError."""
        try:
            data = source.read_bytes()
        except OSError as error:
            raise ProjectError(
                f"the file cannot be read ({error.strerror or error})",
                subject=source,
                remedy="Check that it exists and that you may read it.",
            ) from error
        return self.add_bytes(data, source.suffix)

    def add_label(self, label: Label) -> StoredFile:
        """Store a label plane, uint8 (H, W) of class ids, as an 8-bit grey PNG."""
        if label.dtype != np.uint8 or label.ndim != 2:
            raise InternalError(f"a label plane is uint8 (H, W), not {label.dtype} {label.shape}")
        _, data = cv2.imencode(".png", label)
        return self.add_bytes(data.tobytes(), ".png")

    def path(self, relative: str) -> Path:
        """The absolute path of a stored file. Raises UserError when it leaves the project."""
        return inside(self._root, relative)


def _there(target: Path) -> bool:
    """Whether the file is there; then it is somebody's from now on (see `unused`)."""
    try:
        os.utime(target)
    except (FileNotFoundError, PermissionError):  # another user's is replaced
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make the renames in a folder survive the loss of power, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
