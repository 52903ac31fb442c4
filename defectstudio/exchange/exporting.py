"""Exports: one walk over the frozen list for all formats.

Every picture is written, read back and noted in a journal; then come the format's tables and
manifest.json with every file's SHA-256. An export that was killed goes on where it stopped when
the same is asked again; one that fails or is given up leaves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import defectstudio
from defectstudio.domain.errors import ExportError
from defectstudio.domain.files import sha256_file, write_bytes, write_json
from defectstudio.exchange.formats import WRITERS
from defectstudio.exchange.journal import Journal, Row
from defectstudio.exchange.manifest import MANIFEST
from defectstudio.exchange.pictures import VOID, Picture, names, pictures, significant_bits
from defectstudio.exchange.request import ExportEntry, ExportRequest
from defectstudio.exchange.staging import staged
from defectstudio.exchange.writers.writer import Ground, Writer, Written

__all__ = [
    "WRITERS",
    "ExportEntry",
    "ExportReport",
    "ExportRequest",
    "export",
    "writer_of",
]

Progress = Callable[[int, int], None]
"""Called with (done, total); what it raises ends the export and leaves nothing behind."""


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote: `defects` counts images by class name, `notes` says what the format
    could not hold or how it was brought into it, one sentence each."""

    format: str
    out: Path
    images: int
    synthetic: int
    defects: dict[str, int]
    notes: tuple[str, ...]


def export(
    format: str,
    request: ExportRequest,
    out: Path,
    *,
    progress: Progress | None = None,
    beside: Callable[[Path], object] | None = None,
) -> ExportReport:
    """Write `request` in one of the formats `WRITERS` into the new folder `out`.

    beside: called with the folder once it is whole, to add what is no part of the data set, before
    it appears at `out`. Raises ExportError and ImageError; then nothing is left at `out`.
    """
    writes, tell = writer_of(format), progress or _silent
    request.check()
    with staged(out, request.fingerprint(format)) as (folder, journal):
        bits = {} if writes.deep else significant_bits(request.entries)
        taken = Counter(str(PurePosixPath(row.image).parent) for row in journal.rows())
        writer = writes(Ground(folder, request, taken))
        todo = list(zip(request.entries, names(request), strict=True))[journal.entries :]
        for entry, name in todo:
            tell(journal.entries, len(request.entries))
            _write_entry(writer, folder, journal, pictures(request, entry, name, bits))
        tell(len(request.entries), len(request.entries))
        notes = [*writer.finish(journal.rows), *_notes(writer, request, journal, bits)]
        _write_manifest(folder, format, request, journal, notes)
        if beside:
            beside(folder)
        return _report(format, out, request, journal.rows(), notes)


def writer_of(format: str) -> type[Writer]:
    """What writes a format. Raises ExportError when it is not known."""
    if format not in WRITERS:
        raise ExportError(
            "this format is not known", subject=format, remedy=f"Use {', '.join(WRITERS)}."
        )
    return WRITERS[format]


def _write_entry(writer: Writer, folder: Path, journal: Journal, made: Iterable[Picture]) -> None:
    rows: list[Row] = []
    files: list[str] = []
    for picture in made:
        written = writer.write(picture)
        recipe = _keep_recipe(folder, picture)
        rows.append(_row(picture, written, recipe))
        files += [written.image, *written.labels, *([recipe] if recipe else [])]
    journal.add(rows, files)


def _keep_recipe(folder: Path, picture: Picture) -> str | None:
    """Copy the sample's recipe beside the export; its path in the export."""
    if picture.entry.recipe is None:
        return None
    relative = f"recipes/{picture.name}.json"
    write_bytes(folder / relative, picture.entry.recipe.read_bytes())
    return relative


def _row(picture: Picture, written: Written, recipe: str | None) -> Row:
    entry = picture.entry
    height, width = picture.label.shape
    return Row(
        name=picture.name,
        item=entry.item,
        split=entry.split,
        synthetic=entry.synthetic,
        class_ids=picture.class_ids,
        height=height,
        width=width,
        source_sha256=sha256_file(entry.image),
        image=written.image,
        labels=(*written.labels, *written.tables),
        recipe=recipe,
        void=bool((picture.label == VOID).any()),
        table=written.table,
        group=entry.group,
        depth=picture.image.dtype.itemsize * 8,
        channels=1 if picture.image.ndim == 2 else picture.image.shape[2],
        whole=picture.whole,
    )


def _notes(
    writer: Writer, request: ExportRequest, journal: Journal, bits: dict[str, int]
) -> Iterator[str]:
    """What holds for many formats."""
    voids = sum(row.void for row in journal.rows())
    if voids and not writer.void:
        yield f"{voids} images have void pixels, which belong to no mask."
    for item, deep in bits.items():
        yield (
            f"The 16-bit pictures of {item} were reduced to 8 bits over their {deep} "
            "significant bits: readers of the format expect no deeper ones."
        )
    if request.tile:
        yield (
            f"Pictures are cut into pieces of {request.tile} pixels; of defective images only "
            "those that show a defect."
        )
    for old, new in sorted(request.merged.items()):
        if old != new:
            yield f"{request.classes[old]} is exported as {request.classes[new]}."


def _write_manifest(
    folder: Path, format: str, request: ExportRequest, journal: Journal, notes: list[str]
) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    hashes = {path.relative_to(folder).as_posix(): path for path in files}
    write_json(
        folder / MANIFEST,
        {
            "format": 1,
            "kind": format,
            "made_by": f"DefectStudio {defectstudio.__version__}",
            "classes": {str(class_id): name for class_id, name in request.kept.items()},
            "generators": dict(request.generators),
            "files": {
                name: journal.hashes.get(name) or sha256_file(path) for name, path in hashes.items()
            },
            "images": [_line(row) for row in journal.rows()],
            "notes": notes,
        },
    )


def _line(row: Row) -> dict[str, object]:
    return {key: value for key, value in vars(row).items() if key not in ("table", "void")}


def _report(
    format: str, out: Path, request: ExportRequest, rows: Iterator[Row], notes: list[str]
) -> ExportReport:
    counts: Counter[str] = Counter()
    images = synthetic = 0
    for row in rows:
        images += 1
        synthetic += row.synthetic
        counts.update(request.kept[class_id] for class_id in row.class_ids)
    return ExportReport(format, out, images, synthetic, dict(counts), tuple(notes))


def _silent(done: int, total: int) -> None:
    """Nobody listens."""
