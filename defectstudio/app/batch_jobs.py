"""Batches in the queue: described when their turn comes, accepted when they are made."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.queueing import Wishes
from defectstudio.app.synthesis import start_synthesis
from defectstudio.app.validation import parse_json
from defectstudio.domain.errors import JobError
from defectstudio.domain.files import read_json, write_json
from defectstudio.domain.records import JobRecord, Role, Split
from defectstudio.domain.specs import CHUNKS_FOLDER, JOB_FILE, SynthesizeSpec
from defectstudio.project.project import Project, item_named
from defectstudio.project.samples import NewSample

_REMEDY = "Start it anew from the batch page."


def describe_synthesis(project: Project, job: JobRecord) -> None:
    """Write the description of a batch whose turn has come, or check that of one that goes on: the
    samples it made are kept, and those to come are what they would have been.

    Raises JobError: a lost description, files that are gone, images or classes that are no longer
    what they were.
    """
    if not (job.folder / JOB_FILE).exists():
        start_synthesis(project, BatchOrder.kept(job.asked.order), Wishes(into=job))
        return
    spec = _description(job)
    if _item_of(project, spec) is None or not spec.generator.is_dir():
        raise JobError(
            "the batch's backgrounds, classes or generator are not what they were: "
            "they were changed, or the project was moved",
            subject=job.title,
            remedy=_REMEDY,
        )
    if spec.only:  # a trial is made anew: it tells of all that it tried
        shutil.rmtree(job.folder / "samples", ignore_errors=True)
    write_json(job.folder / JOB_FILE, replace(spec, run=job.folder))


def accept_synthesis(project: Project, job: JobRecord) -> None:
    """Take the samples into the project; those of a trial are left where they are.

    Chunk by chunk, each whole or not at all; after a crash it goes on with those that are left. A
    record stays when its samples are taken, so that a worker does not make them again. Raises
    JobError when some are missing.
    """
    spec = _description(job)
    if spec.only:
        return
    folder = job.folder / CHUNKS_FOLDER
    made = {record: _named_in(record) for record in sorted(folder.glob("*.json"))}
    total = sum(len(names) for names in made.values())
    if total != spec.count:
        raise JobError(
            f"{total} of {spec.count} samples are there",
            subject=folder,
            remedy="Start the job again.",
        )
    named = job.asked.order.get("item")
    item_id = item_named(project, named).id if named else _item_of(project, spec)
    if item_id is None:
        raise JobError("its item is gone", subject=job.title, remedy=_REMEDY)
    for record, names in made.items():
        samples = record.with_suffix("")
        if samples.exists():
            new = [NewSample.in_folder(samples / name) for name in names]
            project.accept_samples(item_id, new, job.id)
            shutil.rmtree(samples.replace(samples.with_name(f".{samples.name}.taken")))


def _description(job: JobRecord) -> SynthesizeSpec:
    return parse_json(SynthesizeSpec, job.folder / JOB_FILE, JobError, _REMEDY)


def _item_of(project: Project, spec: SynthesizeSpec) -> int | None:
    """The item that still has all backgrounds and classes of a batch as such, if any has."""
    for item in project.items():
        images = project.images(item.id, role=Role.NORMAL)
        usable = {image.file for image in images if image.split is not Split.TEST}
        known = {one.id for one in project.classes(item.id)}
        if usable.issuperset(file.image for file in spec.backgrounds) and known >= {
            *spec.class_ids
        }:
            return item.id
    return None


def _named_in(record: Path) -> list[str]:
    """The samples of a chunk, in order. Raises JobError."""
    try:
        return [str(name) for name in read_json(record)["samples"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobError(
            "the record of a chunk cannot be read",
            subject=record,
            remedy="Remove it and resume the job.",
        ) from error
