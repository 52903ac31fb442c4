"""What a growing export has finished, a line an entry, so that a killed one goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import UserError
from defectstudio.domain.files import inside, sha256_file, to_json, write_bytes

_NAME = ".journal.jsonl"


@dataclass(frozen=True)
class Row:
    """A picture of an export. Paths are relative to the export, POSIX.

    void: whether it has void pixels. table: what the tables of the format say of it, plain JSON.
    group: the physical part. depth, channels: as it was written. whole: its pixels are those of
    its source, neither cut nor reduced. Manifests of older versions do not tell the last four.
    """

    name: str
    item: str
    split: str | None
    synthetic: bool
    class_ids: tuple[int, ...]
    height: int
    width: int
    source_sha256: str
    image: str
    labels: tuple[str, ...]
    recipe: str | None
    void: bool = False
    table: Any = None
    group: str = ""
    depth: int = 0
    channels: int = 0
    whole: bool = False


@dataclass(frozen=True)
class _Line:
    """A finished entry: the SHA-256 of its files and its rows."""

    files: dict[str, str]
    rows: tuple[Row, ...]


_LINE = TypeAdapter(_Line)


class Journal:
    """The lines of finished entries in the export's folder, and the hashes of their files."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Takes up what a killed export of the same `fingerprint` left, as far as its files are
        as they were written."""
        self._folder = folder
        self._path = folder / _NAME
        self.hashes: dict[str, str] = {}
        self.entries = 0
        head = to_json(fingerprint).encode()
        kept = list(self._usable(head))
        for line in kept:
            self.hashes |= _LINE.validate_json(line).files
        self.entries = len(kept)
        write_bytes(self._path, b"".join(line + b"\n" for line in (head, *kept)))
        self._stream = self._path.open("a", encoding="utf-8", newline="\n")

    def add(self, rows: Sequence[Row], files: Sequence[str]) -> None:
        """Note that an entry is finished: its own files are all written."""
        hashes = {file: sha256_file(self._folder / file) for file in files}
        self.hashes |= hashes
        self._stream.write(to_json({"files": hashes, "rows": [vars(row) for row in rows]}) + "\n")
        self._stream.flush()
        self.entries += 1

    def rows(self) -> Iterator[Row]:
        """All rows, in the order of their entries, read anew from the disk."""
        with self._path.open("rb") as stream:
            next(stream)
            for line in stream:
                yield from _LINE.validate_json(line).rows

    def close(self) -> None:
        """Close the file; it stays."""
        self._stream.close()

    def remove(self) -> None:
        """Take it out of the finished export."""
        self.close()
        self._path.unlink()

    def _usable(self, head: bytes) -> Iterator[bytes]:
        if not self._path.is_file():
            return
        first, *lines = self._path.read_bytes().rstrip(b"\n").split(b"\n")
        if first == head:
            yield from takewhile(self._whole, lines)

    def _whole(self, line: bytes) -> bool:
        """Whether a line is one and its files are there as they were written."""
        try:
            files = _LINE.validate_json(line).files.items()
            return all(sha256_file(inside(self._folder, name)) == digest for name, digest in files)
        except (ValidationError, UserError, OSError):
            return False
