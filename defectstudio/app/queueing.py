"""Jobs are described, checked and queued; the project's supervisor starts them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defectstudio.app.outlook import check, outlook
from defectstudio.domain.device import Device
from defectstudio.domain.errors import JobError
from defectstudio.domain.files import to_json, write_json
from defectstudio.domain.job_spec import JobSpec
from defectstudio.domain.records import Asked, JobRecord, JobState
from defectstudio.domain.specs import JOB_FILE
from defectstudio.jobs import launching
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.run_folder import LOG_FILE
from defectstudio.jobs.slots import slot_of
from defectstudio.project.project import Project

RETRIES = 2
"""How often a job is started again by itself when its worker died."""


@dataclass(frozen=True)
class Wishes:
    """How a job is to be queued.

    priority: a higher one starts first. after: ids of jobs it waits for; then it is described and
    checked when they are done. shrink: whether it may make its batch or crop smaller where the
    memory does not suffice. into: the queued job that is described now, its turn having come.
    """

    priority: int = 0
    after: tuple[int, ...] = ()
    shrink: bool = False
    into: JobRecord | None = None

    @property
    def is_early(self) -> bool:
        """Whether the job cannot be described yet."""
        return bool(self.after) and self.into is None


AT_ONCE = Wishes()


@dataclass(frozen=True)
class Job:
    """What is queued: its kind, its title, the arguments of its use case, what it computes on or
    the slot it needs, and how often it is started again by itself."""

    kind: str
    title: str
    order: Mapping[str, Any]
    device: Device = "cpu"
    slot: str = ""
    retries: int = RETRIES


def queue_early(project: Project, job: Job, wishes: Wishes) -> FollowedJob:
    """Queue a job that is described when its turn comes. Raises ProjectError."""
    return _queued(project, _added(project, job, wishes), job.retries)


def queue(
    project: Project, job: Job, make_spec: Callable[[Path], JobSpec], wishes: Wishes = AT_ONCE
) -> FollowedJob:
    """Describe a job in its run folder and queue it, or describe one that is queued already.

    make_spec gets the run folder. Raises ProjectError, JobError for a disk that is too
    full, and what make_spec raises, which ends the job FAILED.
    """
    if wishes.into is not None:
        write_json(wishes.into.folder / JOB_FILE, make_spec(wishes.into.folder))
        return FollowedJob(project, wishes.into)
    return _described(project, _added(project, job, wishes), make_spec)


def queue_again(
    project: Project, job: JobRecord, make_spec: Callable[[Path], JobSpec] | None = None
) -> FollowedJob:
    """Queue a job that stopped: it goes on in its own folder.

    make_spec: another description than it has. Raises JobError when it is queued, runs or is done.
    """
    if not (job.state.is_over or job.state is JobState.PAUSED) or job.state is JobState.DONE:
        raise JobError(
            f"the job is {job.state.value}", subject=job.title, remedy="Only a stopped one goes on."
        )
    if make_spec is not None:
        write_json(job.folder / JOB_FILE, make_spec(job.folder))
    return _queued(project, job, RETRIES)


def _added(project: Project, job: Job, wishes: Wishes) -> JobRecord:
    # As JSON has it: paths as text.
    order = _plain(job.order)
    asked = Asked(
        order, job.slot or slot_of(job.device), wishes.priority, wishes.after, wishes.shrink
    )
    return project.add_job(job.kind, job.title, asked)


def _plain(order: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: _whole(value) for name, value in order.items() if value is not None}
    plain: dict[str, Any] = json.loads(to_json(known))
    return plain


def _whole(value: Any) -> Any:
    """A supervisor stands in another folder than who queued the job."""
    return value.resolve() if isinstance(value, Path) else value


def _described(
    project: Project, record: JobRecord, make_spec: Callable[[Path], JobSpec]
) -> FollowedJob:
    try:
        spec = make_spec(record.folder)
        found = outlook(project, record.kind, spec)
        warning = check(project, found)
        write_json(record.folder / JOB_FILE, spec)
    except OSError as error:
        failure = JobError(
            f"the job's folder cannot be used ({error.strerror or error})",
            subject=error.filename or record.folder,
            remedy="Free some space or allow writing there, then start the job again.",
        )
        project.move_job(record.id, JobState.FAILED, str(failure))
        raise failure from error
    except BaseException as error:
        project.move_job(record.id, JobState.FAILED, str(error))
        raise
    _note(record, found.words, warning)
    project.foretell_job(record.id, found.seconds)
    return _queued(project, record, RETRIES)


def _note(record: JobRecord, told: str, warning: str) -> None:
    """The first lines of the job's log."""
    lines = [f"info: as others of its kind it will take {told}" if told else ""]
    lines.append(f"warning: {warning}" if warning else "")
    with contextlib.suppress(OSError), (record.folder / LOG_FILE).open("a") as sink:
        sink.writelines(f"{line}\n" for line in lines if line)


def _queued(project: Project, record: JobRecord, retries: int) -> FollowedJob:
    followed = FollowedJob(project, record)  # before anybody can start it
    followed.record = project.move_job(record.id, JobState.QUEUED, retries=retries)
    launching.ensure_supervisor(project.root)
    return followed
