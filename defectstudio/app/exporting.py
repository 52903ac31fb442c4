"""Use case: freeze a dataset of a project's images and samples and export it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

from defectstudio.app.cards import card_facts
from defectstudio.app.exportable import Kind, kind_of, kinds_of, left_out
from defectstudio.app.inline_jobs import inline_job
from defectstudio.app.queueing import Job, Wishes, queue_early
from defectstudio.domain.errors import ExportError
from defectstudio.domain.records import ImageRecord, Item, JobRecord, SampleRecord, Split
from defectstudio.domain.words import counted
from defectstudio.exchange.card import choice_notes, write_card
from defectstudio.exchange.exporting import ExportEntry, ExportReport, ExportRequest, writer_of
from defectstudio.exchange.exporting import export as write_export
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.kinds import Progress
from defectstudio.project.datasets import DatasetEntry
from defectstudio.project.names import name_key
from defectstudio.project.project import Project, item_named

KIND = "export"


def export(
    project: Project,
    out: Path,
    format: str,
    *,
    item: str | None = None,
    splits: Collection[Split] | None = None,
    real: bool = True,
    synthetic: bool = True,
    undecided: bool = True,
    merge: Mapping[str, str] | None = None,
    tile: int | None = None,
    progress: Progress | None = None,
    queued: JobRecord | None = None,
) -> ExportReport:
    """Freeze the images and samples of an item (all items when not named) as a dataset named
    like `out`, and write it to the new folder `out`. It runs as a job.

    splits: only these; None for all, also what has no split. A sample has the split of its
    background. merge: class name -> the class it is exported as. tile: the side in pixels of the
    pieces that pictures are cut into. undecided: also samples that nobody reviewed. Defective
    images without a label and rejected samples are left out. The report tells what is left out
    and how many are undecided. queued: the job that the supervisor does now.

    Raises ExportError: unknown format, nothing to export, items whose classes do not agree,
    or a folder that exists or cannot be written; then nothing is left at `out`. Raises
    ProjectError when there is no such item.
    """
    writer_of(format)
    items = project.items() if item is None else [item_named(project, item)]
    taken = kinds_of(real=real, synthetic=synthetic, undecided=undecided)
    entries, counts = _collect(project, items, splits, taken)
    if not entries:
        raise ExportError(
            "there is nothing to export",
            subject=project.root,
            remedy="Import images, accept samples, or choose other splits.",
        )
    used = {entry.item for entry in entries}
    classes = _classes(project, [one for one in items if one.name in used])
    with inline_job(project, KIND, _title(out, format), progress, queued) as job:
        dataset = project.freeze_dataset(out.name, entries)
        frozen = [_export_entry(entry) for entry in project.dataset_entries(dataset.id)]
        makers = {one.sha256: one.name for one in project.generators()}
        request = ExportRequest(frozen, classes, _merged(classes, merge or {}), tile, makers)
        unseen = counts[Kind.UNDECIDED] if Kind.UNDECIDED in taken else 0
        gone = left_out(counts, taken)
        facts = replace(card_facts(project, out.name, items, entries, gone), undecided=unseen)
        report = write_export(
            format,
            request,
            out,
            progress=job.progress,
            beside=lambda folder: write_card(folder, facts),
        )
        report = replace(report, notes=(*report.notes, *choice_notes(facts)))
        job.summary = _summary(report)
    return report


def queue_export(
    project: Project,
    out: Path,
    format: str,
    *,
    item: str | None = None,
    splits: Collection[Split] | None = None,
    real: bool = True,
    synthetic: bool = True,
    undecided: bool = True,
    merge: Mapping[str, str] | None = None,
    tile: int | None = None,
    wishes: Wishes,
) -> FollowedJob:
    """Let the project's supervisor export, in its turn. Raises ProjectError."""
    order = {
        **{"out": out, "format": format, "item": item, "splits": splits and sorted(splits)},
        **{"real": real, "synthetic": synthetic, "undecided": undecided},
        **{"merge": merge, "tile": tile},
    }
    # Not again by itself: what is at `out` then may be a whole export.
    job = Job(KIND, _title(out, format), order, slot="disk", retries=0)
    return queue_early(project, job, wishes)


def do_export(project: Project, job: JobRecord, progress: Progress) -> str:
    """Do a queued export; what its row shall say."""
    order = dict(job.asked.order)
    splits = [Split(one) for one in order["splits"]] if "splits" in order else None
    given = {**order, "out": Path(order["out"]), "splits": splits}
    return _summary(export(project, **given, progress=progress, queued=job))


def _title(out: Path, format: str) -> str:
    return f"Export {out.name} ({format})"


def _summary(report: ExportReport) -> str:
    return f"{counted(report.images, 'images')} written, {report.synthetic} of them synthetic."


def _collect(
    project: Project, items: Sequence[Item], splits: Collection[Split] | None, taken: Set[Kind]
) -> tuple[list[DatasetEntry], Counter[Kind]]:
    """The list to freeze, and how much of what there is in these splits."""
    entries: list[DatasetEntry] = []
    counts: Counter[Kind] = Counter()
    for item in items:
        images = project.images(item.id)
        wanted = {one.id: one for one in images if splits is None or one.split in splits}
        samples = [one for one in project.samples(item.id) if one.background_id in wanted]
        counts.update(kind_of(one) for one in wanted.values())
        counts.update(kind_of(one) for one in samples)
        entries += [_image(item, one) for one in wanted.values() if kind_of(one) in taken]
        entries += [
            _sample(item, one, wanted[one.background_id])
            for one in samples
            if kind_of(one) in taken
        ]
    return entries, counts


def _image(item: Item, image: ImageRecord) -> DatasetEntry:
    return DatasetEntry(
        item=item.name,
        name=image.name.replace("/", "_"),
        group=image.group,
        split=image.split,
        synthetic=False,
        file=image.file,
        sha256=image.sha256,
        label_file=image.label_file,
        recipe_file=None,
    )


def _sample(item: Item, sample: SampleRecord, background: ImageRecord) -> DatasetEntry:
    return DatasetEntry(
        item=item.name,
        name=f"sample_{sample.id:06d}",
        group=background.group,
        split=background.split,
        synthetic=True,
        file=sample.file,
        sha256=sample.sha256,
        label_file=sample.label_file,
        recipe_file=sample.recipe_file,
    )


def _export_entry(entry: DatasetEntry) -> ExportEntry:
    return ExportEntry(
        name=entry.name,
        image=entry.file,
        label=entry.label_file,
        item=entry.item,
        split=entry.split,
        synthetic=entry.synthetic,
        recipe=entry.recipe_file,
        group=entry.group,
    )


def _classes(project: Project, items: Sequence[Item]) -> Mapping[int, str]:
    """Class id -> name over all items, which must agree on both."""
    names: dict[int, str] = {}
    ids: dict[str, int] = {}
    for item in items:
        for found in project.classes(item.id):
            key = name_key(found.name)
            same_name = name_key(names.setdefault(found.id, found.name)) == key
            if not same_name or ids.setdefault(key, found.id) != found.id:
                raise ExportError(
                    f"the class {found.id} ({found.name}) is another one in another item",
                    subject=item.name,
                    remedy="Export one item at a time.",
                )
    return names


def _merged(classes: Mapping[int, str], merge: Mapping[str, str]) -> dict[int, int]:
    """Class id -> class id of a mapping of names."""
    ids = {name_key(name): class_id for class_id, name in classes.items()}
    merged = {}
    for old, new in merge.items():
        for name in (old, new):
            if name_key(name) not in ids:
                raise ExportError(
                    "there is no such class",
                    subject=name,
                    remedy=f"The classes are {', '.join(classes.values())}.",
                )
        merged[ids[name_key(old)]] = ids[name_key(new)]
    return merged
