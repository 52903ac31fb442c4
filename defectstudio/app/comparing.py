"""Compare generators of an item with its real defects: a job that leaves a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from defectstudio.app.training import as_labeled_file, is_split, training_images
from defectstudio.app.validation import settings
from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.files import write_bytes
from defectstudio.domain.records import ImageRecord, Item, JobRecord, Role, Split
from defectstudio.domain.specs import (
    BackgroundFile,
    CompareSpec,
    Device,
    GroupedFile,
    NamedGenerator,
    RealismSettings,
)
from defectstudio.jobs.running import Accept, RunningJob, start_job
from defectstudio.project.generators import read_card
from defectstudio.project.project import Project, item_named

KIND = "compare"
REPORT_FOLDER = "report"
Protocol = Literal["realism"]


def start_comparison(
    project: Project,
    *,
    protocol: Protocol = "realism",
    item: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    report: Path | None = None,
    device: Device = "cpu",
) -> RunningJob:
    """Measure all generators of the item against the real defects of its test split.

    overrides: fields of RealismSettings, as text or values. report: a folder that gets a copy of
    the report; it stays in `report/` of the job's folder in any case. The same project, settings
    and seed give the same figures on a CPU.

    Raises SettingError and ProjectError (no split, nothing labeled in it, no normal image).
    """
    chosen = item_named(project, item)
    wanted = settings(RealismSettings, overrides or {})
    training = training_images(project, chosen)
    # A class without a label in the training split gives no mask and teaches no generator.
    labeled = {class_id for image in training for class_id in image.class_ids}
    backgrounds, split = _backgrounds(project, chosen)
    spec = CompareSpec(
        run=project.root,
        project=project.id,
        item=chosen.name,
        classes={one.id: one.name for one in project.classes(chosen.id) if one.id in labeled},
        generators=_generators(project, chosen),
        training=_grouped(training),
        test=_grouped(_test_images(project, chosen)),
        backgrounds=tuple(BackgroundFile(one.file, one.sha256) for one in backgrounds),
        background_split=split,
        settings=wanted,
        device=device,
        protocol=protocol,
    )
    title = f"{protocol} of {chosen.name}"
    accept = _accept(protocol, report)
    return start_job(project, KIND, title, lambda run: replace(spec, run=run), accept)


def report_files(job: JobRecord, protocol: Protocol = "realism") -> tuple[Path, Path]:
    """The JSON file and the page of a finished comparison."""
    folder = job.folder / REPORT_FOLDER
    return folder / f"{protocol}.json", folder / f"{protocol}.html"


def _generators(project: Project, item: Item) -> tuple[NamedGenerator, ...]:
    """The item's generators, each checked against its card. Raises CheckpointError."""
    found = project.generators(item.id)
    for one in found:
        read_card(one.folder)
    return tuple(NamedGenerator(one.name, one.folder) for one in found)


def _test_images(project: Project, item: Item) -> list[ImageRecord]:
    images = project.images(item.id, role=Role.DEFECT, split=Split.TEST)
    labeled = [image for image in images if image.label_file is not None]
    if not labeled:
        raise ProjectError(
            "the test split has no labeled defect image to compare with",
            subject=item.name,
            remedy="Label some of them, or split again with a larger --test.",
        )
    return labeled


def _backgrounds(project: Project, item: Item) -> tuple[Sequence[ImageRecord], str]:
    """The normal images of the test split, else of the training split, else all."""
    splits = (Split.TEST, Split.TRAIN) if is_split(project, item) else ()
    for split in (*splits, None):
        images = project.images(item.id, role=Role.NORMAL, split=split)
        if images:
            return images, split.value if split else "any"
    raise ProjectError(
        "the item has no normal image to blend contents into",
        subject=item.name,
        remedy="Import images without defects.",
    )


def _grouped(images: Sequence[ImageRecord]) -> tuple[GroupedFile, ...]:
    return tuple(GroupedFile(as_labeled_file(image), image.group) for image in images)


def _accept(protocol: Protocol, report: Path | None) -> Accept:
    def accept(job: JobRecord) -> None:
        for file in report_files(job, protocol):
            if not file.is_file():
                raise JobError(
                    "the comparison left no report", subject=file, remedy="Start it again."
                )
            if report is not None:
                write_bytes(report / file.name, file.read_bytes())

    return accept
