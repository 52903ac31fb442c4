"""manifest.json of an export, read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from defectstudio.domain.errors import ExportError, UserError
from defectstudio.domain.files import inside, sha256_file
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
    generators: Mapping[str, str]


def is_export(folder: Path) -> bool:
    """Whether a folder has a manifest."""
    return (folder / MANIFEST).is_file()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the export in a folder. Raises ExportError where there is none, it is
    damaged, or a path in it leaves the folder."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
        images = tuple(_row(folder, row) for row in found["images"])
        return Manifest(
            str(found["kind"]),
            str(found["made_by"]),
            {int(number): str(name) for number, name in found["classes"].items()},
            dict(found["files"]),
            images,
            tuple(found["notes"]),
            dict(found.get("generators", {})),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UserError) as error:
        raise ExportError(
            "it is no whole export of DefectStudio",
            subject=folder,
            remedy=f"Name the folder that has {MANIFEST}, or export again.",
        ) from error


def _row(folder: Path, row: dict[str, Any]) -> Row:
    for path in (row["image"], *row["labels"], *([row["recipe"]] if row["recipe"] else [])):
        inside(folder, path)
    known = {field.name for field in fields(Row)}
    own = {key: value for key, value in row.items() if key in known}
    return Row(**{**own, "class_ids": tuple(row["class_ids"]), "labels": tuple(row["labels"])})


def changed(folder: Path, manifest: Manifest, files: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that are gone or not as they were exported, sorted."""
    return tuple(file for file in sorted(files) if not _is(folder / file, manifest.files.get(file)))


def _is(file: Path, digest: str | None) -> bool:
    return file.is_file() and sha256_file(file) == digest
