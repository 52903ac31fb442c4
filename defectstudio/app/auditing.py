"""Audit the labels and the coverage of an item, or of an export: a job that leaves a report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from defectstudio.app import ingredients
from defectstudio.app.batch_plan import PlanLine
from defectstudio.app.exported_labels import exported_labels
from defectstudio.app.ingredients import Ingredients
from defectstudio.app.queueing import AT_ONCE, Job, Wishes, queue, queue_early
from defectstudio.app.regions import region_file, regions
from defectstudio.app.replaying import find_project
from defectstudio.app.run_files import copy_report
from defectstudio.app.synthesis import backgrounds_of
from defectstudio.app.validation import parse_json, settings
from defectstudio.domain.auditing import (
    AUDIT,
    Audited,
    AuditReport,
    AuditSettings,
    AuditSpec,
    AuditTarget,
    Flaw,
    Ground,
)
from defectstudio.domain.errors import JobError, ProjectError, UserError
from defectstudio.domain.events import Event, Progress
from defectstudio.domain.files import write_bytes
from defectstudio.domain.records import ImageRecord, Item, JobRecord, JobState, SampleRecord
from defectstudio.domain.specs import JOB_FILE
from defectstudio.exchange.manifest import Manifest, read_manifest
from defectstudio.imaging.reading import write_png
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.once import run_once
from defectstudio.project.project import Project, item_named
from defectstudio.project.samples import read_manifest as read_sample

REPORT_FOLDER = "report"
_FILES = (f"{AUDIT}.json", f"{AUDIT}.html")
_AGAIN = "Audit again."


def start_audit(
    project: Project,
    *,
    item: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    report: Path | None = None,
    wishes: Wishes = AT_ONCE,
) -> FollowedJob:
    """Audit the labeled images and the samples of an item; rejected samples are left out.

    overrides: fields of AuditSettings. report: a folder that gets a copy of the report, which stays
    in `report/` of the job's folder in any case. wishes: how it is queued. Raises SettingError and
    ProjectError.
    """
    chosen = item_named(project, item)
    order = {"item": chosen.name, "overrides": overrides, "report": report}
    job = Job(AUDIT, chosen.name, order)
    if wishes.is_early:
        return queue_early(project, job, wishes)
    spec = _spec(project, chosen, settings(AuditSettings, overrides or {}))
    return queue(project, job, lambda run: replace(spec, run=run), wishes)


def describe_audit(project: Project, job: JobRecord) -> None:
    """Write the description of an audit whose turn has come."""
    if not (job.folder / JOB_FILE).exists():
        order = dict(job.asked.order)
        report = Path(order["report"]) if "report" in order else None
        start_audit(project, **{**order, "report": report}, wishes=Wishes(into=job))


def accept_audit(_project: Project, job: JobRecord) -> None:
    """See that the report is there, and copy it where it was wanted."""
    copy_report(audit_files(job), job)


def audit_files(job: JobRecord) -> tuple[Path, Path]:
    """The JSON file and the page of a finished audit."""
    data, page = (job.folder / REPORT_FOLDER / name for name in _FILES)
    return data, page


def read_audit(file: Path) -> AuditReport:
    """What an audit found. Raises JobError."""
    return parse_json(AuditReport, file, JobError, _AGAIN)


@dataclass(frozen=True)
class LastAudit:
    """An item's last audit: its report, its page, and what was found of samples by their ids; both
    files lie in the folder of its job."""

    report: AuditReport
    page: Path

    @property
    def flaws(self) -> dict[int, tuple[Flaw, ...]]:
        """Of each audited sample, the gravest first; samples in the order of the report."""
        return {
            image.sample: tuple(dict.fromkeys(one.flaw for one in image.findings))
            for image in self.report.images
            if image.sample is not None
        }

    def looked_at(self) -> list[tuple[Audited, AuditTarget]]:
        """Each audited image with the files that it and its label were then. Raises JobError."""
        spec = parse_json(AuditSpec, self.page.parents[1] / JOB_FILE, JobError, _AGAIN)
        targets = {(one.name, one.sample): one for one in spec.targets}
        found = ((image, targets.get((image.name, image.sample))) for image in self.report.images)
        return [(image, target) for image, target in found if target]

    @property
    def plan(self) -> list[PlanLine]:
        """What would fill the holes."""
        return plan_of(self.report)


def plan_of(report: AuditReport) -> list[PlanLine]:
    """What would fill the holes, as a batch is planned."""
    return [PlanLine(one.class_name, one.count, one.backgrounds) for one in report.plan]


def last_audit(project: Project, item: Item) -> LastAudit | None:
    """The last finished audit of an item, None where there is none. Raises JobError."""
    for job in reversed(project.jobs()):
        done = job.kind == AUDIT and job.state is JobState.DONE
        if done and job.asked.order.get("item") == item.name and audit_files(job)[0].is_file():
            data, page = audit_files(job)
            return LastAudit(read_audit(data), page)
    return None


def audit_export(
    folder: Path,
    *,
    project: Project | None = None,
    overrides: Mapping[str, Any] | None = None,
    report: Path,
    progress: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Audit an export as others will read it, and write the report into the folder `report`.

    Backgrounds and generators come from `project` and from the export's own pictures; samples
    whose background is not there are audited as real images are. Raises ExportError, ImageError,
    ImportSourceError, SettingError and what the worker fails with.
    """
    manifest = read_manifest(folder)
    found = ingredients.of_export(folder, manifest)
    if project is not None:
        found = ingredients.of_project(project) | found
    wanted = settings(AuditSettings, overrides or {})

    def hear(event: Event) -> None:
        if progress and isinstance(event, Progress):
            progress(event.done, event.total)

    with tempfile.TemporaryDirectory(prefix="defectstudio-audit-") as run:
        targets = _exported(folder, manifest, found, Path(run))
        spec = AuditSpec(
            run=Path(run),
            item=folder.name,
            classes=dict(manifest.classes),
            targets=tuple(targets),
            generators=dict(found.generators),
            settings=wanted,
        )
        run_once(spec, hear)
        files = [Path(run) / REPORT_FOLDER / name for name in _FILES]
        for file in files:
            write_bytes(report / file.name, file.read_bytes())
        return read_audit(files[0])


def project_of(folder: Path) -> Path | None:
    """The project that the samples of an export were made in, where it is known here."""
    rows = [row for row in read_manifest(folder).images if row.recipe]
    try:
        first = read_sample(folder / str(rows[0].recipe)) if rows else None
        return find_project(folder, first.recipe.project) if first else None
    except (ProjectError, UserError):
        return None


def _spec(project: Project, item: Item, wanted: AuditSettings) -> AuditSpec:
    images = project.images(item.id)
    samples = [one for one in project.samples(item.id) if one.usable]
    labeled = [one for one in images if one.label_file is not None]
    if not labeled and not samples:
        raise ProjectError(
            "there is no label to audit",
            subject=item.name,
            remedy="Label images, or make samples.",
        )
    by_id = {image.id: image for image in images}
    painted = regions(project)
    targets = [AuditTarget(one.name, one.file, one.label_file) for one in labeled]
    targets += [_sample(project, one, by_id[one.background_id], painted) for one in samples]
    return AuditSpec(
        run=project.root,
        item=item.name,
        classes={one.id: one.name for one in project.classes(item.id)},
        targets=tuple(targets),
        grounds=tuple(Ground(one.name, one.file) for one in backgrounds_of(project, item)),
        generators={one.sha256: one.folder for one in project.generators()},
        settings=wanted,
    )


def _sample(
    project: Project, sample: SampleRecord, background: ImageRecord, painted: Collection[int]
) -> AuditTarget:
    region = region_file(project, background.id) if background.id in painted else None
    return AuditTarget(
        f"sample_{sample.id:06d}",
        sample.file,
        sample.label_file,
        sample.id,
        background.file,
        region,
        sample.recipe_file,
    )


def _exported(
    folder: Path, manifest: Manifest, found: Ingredients, run: Path
) -> Sequence[AuditTarget]:
    """The pictures of an export that have labels, or should; labels are written beside."""
    labels = exported_labels(folder, manifest)
    targets = []
    for number, row in enumerate(manifest.images):
        if not row.synthetic and not row.class_ids:
            continue
        label = labels.get(row.image)
        plane = run / "labels" / f"{number:06d}.png"
        write_png(plane, np.zeros((row.height, row.width), np.uint8) if label is None else label())
        recipe = folder / row.recipe if row.recipe else None
        background = _background(recipe, found) if recipe and row.whole else None
        targets.append(
            AuditTarget(row.name, folder / row.image, plane, None, background, None, recipe)
        )
    return targets


def _background(recipe: Path, found: Ingredients) -> Path | None:
    return found.backgrounds.get(read_sample(recipe).recipe.background)
