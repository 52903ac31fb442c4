"""Use case: take images with their masks into a project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from defectstudio.app.import_groups import GroupReport, from_likeness, from_table, group_report
from defectstudio.app.import_survey import survey
from defectstudio.app.import_writing import Changes, Writer
from defectstudio.app.inline_jobs import inline_job
from defectstudio.app.queueing import Job, Wishes, queue_early
from defectstudio.domain.files import write_json
from defectstudio.domain.records import Item, JobRecord
from defectstudio.exchange.groups_csv import read_groups
from defectstudio.exchange.importing import ImportPlan, ImportProblem, check_source, scan
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.kinds import Progress
from defectstudio.project.names import clean_name, name_key
from defectstudio.project.project import Project, item_named

KIND = "import"
_SHOWN = 3


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do (`dry_run`).

    found: images the source offers. added: images added, by class name, "good" for normal ones;
    an image of two classes counts in both. known: images the item had already. merged: those of
    them that got a further class. regrouped: those that the table moved to another group.
    problems: files that were left out. notes: what is worth knowing, one sentence each.
    """

    source: Path
    format: str
    item: str
    new_item: bool
    dry_run: bool
    found: int
    added: dict[str, int]
    added_images: int
    known: int
    merged: int
    regrouped: int
    problems: tuple[ImportProblem, ...]
    notes: tuple[str, ...]
    groups: GroupReport
    job_id: int | None

    def left_out(self) -> Iterator[str]:
        """The problems in lines: some in full of many that are alike, then how many more."""
        alike: dict[tuple[Path, str], list[ImportProblem]] = defaultdict(list)
        for problem in self.problems:
            alike[problem.path.parent, problem.reason].append(problem)
        for (folder, reason), same in alike.items():
            shown = same[:_SHOWN]
            yield from (f"{one.path}: {one.reason}. {one.remedy}" for one in shown)
            if len(same) > len(shown):
                yield f"{len(same) - len(shown)} more in {folder}: {reason}."


@dataclass(frozen=True)
class _Request:
    """What is asked, checked as far as it can be without decoding an image."""

    source: Path
    item: str
    has_item: bool
    plan: ImportPlan
    table: Mapping[tuple[str, str], str] | None


@dataclass(frozen=True)
class _Findings:
    """What is to be changed and said, known before anything is written."""

    changes: Changes
    problems: tuple[ImportProblem, ...]
    notes: tuple[str, ...]


def import_images(
    project: Project,
    source: Path,
    *,
    format: str = "auto",
    item: str | None = None,
    groups_csv: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    queued: JobRecord | None = None,
) -> ImportReport:
    """Import a folder into an item: the named one, made when there is none, or the only one.

    The source is only read. Files that cannot be used are left out and reported. Groups come
    from the table `groups_csv` (class, stem, group), which also moves images that were imported
    before; without it from likeness, and images that were imported before keep theirs.

    The same content under several classes becomes one image of all of them; a pixel that two
    masks claim keeps the class that comes first. Content the item has is not imported again,
    only a class it lacks is added to its label: so an import can be repeated, and after a kill
    goes on. It runs as a job in chunks; what `progress` raises ends it, finished chunks are kept.
    queued: the job that the supervisor does now.

    Raises ImportSourceError for a bad source or table, ProjectError for a bad name of an item or
    class and when the project cannot be written.
    """
    plan = scan(source, format)
    table = read_groups(groups_csv) if groups_csv else None
    name, has_item = _target(project, item)
    for class_name in {entry.class_name for entry in plan.entries if entry.class_name}:
        clean_name(class_name, "class")
    request = _Request(source, name, has_item, plan, table)
    if dry_run:
        return _report(request, _find(project, request, progress or _silent), None)
    with inline_job(project, KIND, f"Import {source.resolve().name}", progress, queued) as job:
        findings = _find(project, request, job.progress)
        target = item_named(project, name) if has_item else project.add_item(name)
        writer = Writer(project, target, findings.changes)
        writer.write(_stage(job.progress, 2))
        report = _report(request, findings, job.record.id, tuple(writer.contested))
        write_json(job.record.folder / "report.json", report)
        job.summary = _summary(report)
    return report


def queue_import(
    project: Project,
    source: Path,
    *,
    format: str = "auto",
    item: str | None = None,
    groups_csv: Path | None = None,
    wishes: Wishes,
) -> FollowedJob:
    """Let the project's supervisor import, in its turn. Raises ProjectError, and ImportSourceError
    for a folder that is not there."""
    check_source(source)
    order = {"source": source, "format": format, "item": item, "groups_csv": groups_csv}
    job = Job(KIND, f"Import {source.resolve().name}", order, slot="disk")
    return queue_early(project, job, wishes)


def do_import(project: Project, job: JobRecord, progress: Progress) -> str:
    """Do a queued import; what its row shall say."""
    order = dict(job.asked.order)
    table = Path(order["groups_csv"]) if "groups_csv" in order else None
    given = {**order, "source": Path(order["source"]), "groups_csv": table}
    report = import_images(project, **given, progress=progress, queued=job)
    return _summary(report)


def _summary(report: ImportReport) -> str:
    return f"{report.added_images} images added, {len(report.problems)} files left out."


def _target(project: Project, name: str | None) -> tuple[str, bool]:
    """The item's name and whether the project has it."""
    if name is None:
        return item_named(project, None).name, True
    for item in project.items():
        if name_key(item.name) == name_key(name.strip()):
            return item.name, True
    return clean_name(name, "item"), False


def _find(project: Project, request: _Request, progress: Progress) -> _Findings:
    """Look at everything and change nothing."""
    pictures, problems, notes = survey(request.plan, _stage(progress, 0))
    item: Item | None = item_named(project, request.item) if request.has_item else None
    existing = project.images(item.id) if item else []
    grouping = (
        from_likeness(existing, pictures, _stage(progress, 1))
        if request.table is None
        else from_table(request.table, pictures)
    )
    changes = Changes(pictures, existing, project.classes(item.id) if item else [], grouping)
    return _Findings(changes, tuple(problems), (*notes, *changes.notes, *grouping.notes))


def _report(
    request: _Request, findings: _Findings, job_id: int | None, contested: tuple[str, ...] = ()
) -> ImportReport:
    changes = findings.changes
    overlaps = tuple(
        f"{name}: masks of different classes overlap; each pixel keeps the first class."
        for name in contested
    )
    return ImportReport(
        source=request.source,
        format=request.plan.format,
        item=request.item,
        new_item=not request.has_item,
        dry_run=job_id is None,
        found=len(request.plan.entries),
        added=changes.added,
        added_images=len(changes.new),
        known=len(changes.pictures) - len(changes.new),
        merged=len(changes.merged),
        regrouped=len(changes.regrouped),
        problems=findings.problems,
        notes=(*findings.notes, *overlaps),
        groups=group_report(changes.grouping, changes.existing),
        job_id=job_id,
    )


def _stage(progress: Progress, number: int) -> Progress:
    """Progress of one of the three stages of an import, told as that of the whole."""

    def tell(done: int, total: int) -> None:
        progress(number * total + done, 3 * total)

    return tell


def _silent(done: int, total: int) -> None:
    """Nobody listens."""
