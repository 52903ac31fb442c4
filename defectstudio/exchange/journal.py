"""What a growing export has finished, a line an entry, so that a killed one goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defectstudio.domain.files import sha256_file, to_json, write_bytes

_NAME = ".journal.jsonl"


@dataclass(frozen=True)
class Row:
    """A picture of an export. Paths are relative to the export, POSIX.

    void: whether it has void pixels. table: what the tables of the format say of it, plain JSON.
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
    void: bool
    table: Any


class Journal:
    """The lines of finished entries in the export's folder, and the hashes of their files."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Takes up what a killed export of the same `fingerprint` left, as far as its files are
        as they were written."""
        self._folder = folder
        self._path = folder / _NAME
        self.hashes: dict[str, str] = {}
        self.entries = 0
        kept = [to_json(fingerprint)]
        for line in self._usable(fingerprint):
            self.hashes |= json.loads(line)["files"]
            kept.append(line)
        self.entries = len(kept) - 1
        write_bytes(self._path, "".join(f"{line}\n" for line in kept).encode())
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
        with self._path.open(encoding="utf-8") as stream:
            next(stream)
            for line in stream:
                for row in json.loads(line)["rows"]:
                    lists = {key: tuple(row[key]) for key in ("class_ids", "labels")}
                    yield Row(**{**row, **lists})

    def close(self) -> None:
        """Close the file; it stays."""
        self._stream.close()

    def remove(self) -> None:
        """Take it out of the finished export."""
        self.close()
        self._path.unlink()

    def _usable(self, fingerprint: str) -> Iterator[str]:
        if not self._path.is_file():
            return
        # Not splitlines: names may hold what Unicode takes for the end of a line.
        first, *lines = self._path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        if first != to_json(fingerprint):
            return
        for line in lines:
            if not self._whole(line):
                return
            yield line

    def _whole(self, line: str) -> bool:
        """Whether a line is one and its files are there as they were written."""
        try:
            files = json.loads(line)["files"].items()
            return all(sha256_file(self._folder / file) == digest for file, digest in files)
        except (ValueError, OSError):
            return False
