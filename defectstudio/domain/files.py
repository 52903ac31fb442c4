"""Files written whole or not at all, and their hashes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from defectstudio.domain.errors import UserError

MOST_BYTES = 1 << 29
"""Of a file of text or JSON that is read at all; COCO's largest table has 0.45 GB."""
_CHUNK = 1 << 20


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes. Raises OSError, also for what is no plain file."""
    plain_size(path)
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def has_sha256(path: Path, digest: str) -> bool:
    """Whether a file can be read and has that SHA-256."""
    try:
        return sha256_file(path) == digest
    except (OSError, ValueError):  # also for a name that no file can have
        return False


def sha256_bytes(data: bytes) -> str:
    """Hex SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def read_plain(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file that others may have written.

    Raises OSError as reading does, and for what is no plain file (a device gives bytes for ever, a
    pipe none) and what has more than `most` bytes.
    """
    if plain_size(path) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes", str(path))
    return path.read_bytes()


def read_json(path: Path) -> Any:
    """The JSON in a file that others may have written. Raises OSError and ValueError."""
    try:
        return json.loads(read_plain(path))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def plain_size(path: Path) -> int:
    """Bytes of a file. Raises OSError, also for a device or a pipe: they are read for ever."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    return found.st_size


def write_beside(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` with a temporary path beside `path`, then rename it to `path`.

    The temporary name keeps the suffix, since many libraries choose the format by it.
    On any error the temporary file is removed and `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{secrets.token_hex(8)}.part{path.suffix}")
    try:
        write(beside)
        with beside.open("rb+") as stream:
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Make a file survive the loss of power."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes beside `path` and rename."""
    write_beside(path, lambda beside: beside.write_bytes(data))


def to_json(value: Any) -> str:
    """Canonical JSON of a dataclass or plain value: sorted keys, paths as POSIX text, no NaN."""
    return json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False, default=_plain)


def write_json(path: Path, value: Any) -> None:
    """Write `to_json(value)` beside `path` and rename."""
    write_bytes(path, (to_json(value) + "\n").encode("utf-8"))


def inside(folder: Path, relative: str) -> Path:
    """The path of `relative` under `folder`.

    Raises UserError when `relative` is absolute, holds a drive or backslash, leaves the folder, or
    cannot be a path.
    """
    parts = PurePosixPath(relative)
    bad = parts.is_absolute() or ".." in parts.parts or "\\" in relative or ":" in relative
    if bad or not parts.parts or "\0" in relative:
        raise UserError(
            "the path leaves its folder", subject=relative, remedy="Use a plain relative path."
        )
    target = folder.joinpath(*parts.parts)
    try:
        leaves = not target.resolve().is_relative_to(folder.resolve())
    # Links in a circle, characters that are none, names too long for the system.
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(
            f"the path cannot be followed ({type(error).__name__})",
            subject=relative,
            remedy="Use a plain relative path.",
        ) from error
    if leaves:
        raise UserError(
            "the path leaves its folder through a link",
            subject=relative,
            remedy="Replace the link by the file itself.",
        )
    return target


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.as_posix()
    if is_dataclass(value) and not isinstance(value, type):
        # Not asdict, which copies the run lengths of masks number by number.
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")
