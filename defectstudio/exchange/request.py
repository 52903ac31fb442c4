"""What is asked of an export: the frozen list, the classes and how pictures are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import defectstudio
from defectstudio.domain.errors import ExportError
from defectstudio.domain.files import sha256_bytes, to_json
from defectstudio.domain.records import MAX_CLASSES

MIN_TILE = 16


@dataclass(frozen=True)
class ExportEntry:
    """One image to export. label: the uint8 plane of class ids, None for a defect-free image;
    recipe: the JSON file of a synthetic sample; group: the physical part."""

    name: str
    image: Path
    label: Path | None
    item: str
    split: str | None
    synthetic: bool
    recipe: Path | None
    group: str = ""


@dataclass(frozen=True)
class ExportRequest:
    """Entries in their order with the classes by id, 1 to 254.

    merged: class id -> the class id it is exported as, where that is another one. tile: the side
    in pixels of the pieces that pictures are cut into, None for whole pictures. generators: the
    names of the project's, by the SHA-256 of their weights.
    """

    entries: Sequence[ExportEntry]
    classes: Mapping[int, str]
    merged: Mapping[int, int] = field(default_factory=dict)
    tile: int | None = None
    generators: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> dict[int, str]:
        """The classes that are left once some are merged into others, by id."""
        gone = {old for old, new in self.merged.items() if old != new}
        return {i: name for i, name in sorted(self.classes.items()) if i not in gone}

    @property
    def bare(self) -> bool:
        """Whether any entry has no split."""
        return any(entry.split is None for entry in self.entries)

    def check(self) -> None:
        """Raise ExportError when there is nothing to export or it cannot be written."""
        if not self.entries:
            raise ExportError("there is nothing to export", remedy="Choose other splits or images.")
        for class_id, name in self.classes.items():
            if not 1 <= class_id <= MAX_CLASSES or not name.strip():
                raise ExportError(
                    f"the class {class_id} named {name!r} cannot be exported",
                    remedy=f"Class ids are 1 to {MAX_CLASSES}, and names are not empty.",
                )
        if len(set(self.classes.values())) != len(self.classes):
            raise ExportError(
                "two classes have the same name", remedy="Rename one of them before exporting."
            )
        if not {*self.merged, *self.merged.values()} <= set(self.classes):
            raise ExportError("a class to merge is not there", remedy="Name classes of the item.")
        if set(self.merged.values()) - set(self.kept):
            raise ExportError(
                "a class is merged into one that is merged itself",
                remedy="Merge all of them into the same class.",
            )
        if self.tile is not None and self.tile < MIN_TILE:
            raise ExportError(
                f"pieces of {self.tile} pixels are too small", remedy=f"Use {MIN_TILE} or more."
            )

    def fingerprint(self, format: str) -> str:
        """Hex SHA-256 of the request, the format and this program's version; files count by
        their place, size and time of change."""
        files = [
            [_state(file) for file in (entry.image, entry.label, entry.recipe)]
            for entry in self.entries
        ]
        entries = [[e.name, e.item, e.split, e.synthetic] for e in self.entries]
        classes = [sorted(table.items()) for table in (self.classes, self.merged)]
        version = [defectstudio.__version__, format, self.tile]
        return sha256_bytes(to_json([version, classes, entries, files]).encode())


def _state(file: Path | None) -> list[str | int]:
    if file is None or not file.exists():
        return [str(file)]
    found = file.stat()
    return [str(file), found.st_size, found.st_mtime_ns]
