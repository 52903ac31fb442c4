"""manifest.json of an export, read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import ExportError, UserError
from defectstudio.domain.files import has_sha256, inside, read_plain
from defectstudio.exchange.journal import Row

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What an export says of itself. files: their SHA-256 by path; generators: the names of its
    project's, by the SHA-256 of their weights."""

    kind: str
    made_by: str
    classes: Mapping[int, str]
    files: Mapping[str, str]
    images: tuple[Row, ...]
    notes: tuple[str, ...]
    generators: Mapping[str, str] = field(default_factory=dict)


_MANIFEST = TypeAdapter(Manifest)


def is_export(folder: Path) -> bool:
    """Whether a folder has a manifest."""
    return (folder / MANIFEST).is_file()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the export in a folder. Raises ExportError where there is none, it is
    damaged, or a path in it leaves the folder."""
    try:
        found = _MANIFEST.validate_json(read_plain(folder / MANIFEST))
        for row in found.images:
            for path in (row.image, *row.labels, *([row.recipe] if row.recipe else [])):
                inside(folder, path)
    except (OSError, ValidationError, UserError) as error:
        raise ExportError(
            "it is no whole export of DefectStudio",
            subject=folder,
            remedy=f"Name the folder that has {MANIFEST}, or export again.",
        ) from error
    return found


def changed(folder: Path, manifest: Manifest, files: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that are gone or not as they were exported, sorted."""
    return tuple(
        file
        for file in sorted(files)
        if not has_sha256(folder / file, manifest.files.get(file, ""))
    )
