"""SHA-256 of what is published, as `sha256sum -c SHA256SUMS` reads it."""

from __future__ import annotations

import hashlib
from pathlib import Path

NAME = "SHA256SUMS"


def write(folder: Path) -> Path:
    """The sums of all files of a folder, in it."""
    lines = [
        f"{sum_of(path)}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != NAME
    ]
    beside = folder / f"{NAME}.part"
    beside.write_text("".join(lines), encoding="utf-8", newline="\n")
    return beside.replace(folder / NAME)


def sum_of(path: Path) -> str:
    """Of one file, which may be larger than memory."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
