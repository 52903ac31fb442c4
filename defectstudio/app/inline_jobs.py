"""Jobs without a worker: imports and exports, on the caller's thread or the supervisor's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from defectstudio.domain.errors import UserError
from defectstudio.domain.records import Asked, JobRecord, JobState
from defectstudio.jobs.kinds import CancelledError, Progress
from defectstudio.project.project import Project

_EVERY_SECONDS = 0.5
"""The job's row is written to the disk; its reader looks about this often."""


class InlineJob:
    """A running job and its progress, told to its row and to a listener.

    summary: what the row says when the job is done.
    """

    def __init__(self, project: Project, record: JobRecord, listener: Progress | None) -> None:
        self.record = record
        self.summary = ""
        self._project = project
        self._listener = listener
        self._told = 0.0

    def progress(self, done: int, total: int) -> None:
        """`done` of `total` steps. Raises CancelledError where somebody cancelled it elsewhere."""
        if self._listener:
            self._listener(done, total)
        now = time.monotonic()
        if now - self._told >= _EVERY_SECONDS:
            self._told = now
            self._project.tell_job(self.record.id, (done, total))
            if self._project.job(self.record.id).wanted == JobState.CANCELLED:
                raise CancelledError


class SupervisedJob(InlineJob):
    """A job whose row is the supervisor's."""

    def progress(self, done: int, total: int) -> None:
        """`done` of `total` steps."""
        if self._listener:
            self._listener(done, total)


@contextmanager
def inline_job(
    project: Project,
    kind: str,
    title: str,
    listener: Progress | None,
    queued: JobRecord | None = None,
) -> Iterator[InlineJob]:
    """A job while the block runs; its row says how the block ended.

    queued: the job that the supervisor does now, which writes the row itself. A kill leaves it
    running, with its lock free: the next to open the project calls it interrupted.
    """
    if queued is not None:
        yield SupervisedJob(project, queued, listener)
        return
    record = project.add_job(kind, title, Asked(slot="disk"))
    project.move_job(record.id, JobState.RUNNING)
    job = InlineJob(project, record, listener)
    try:
        yield job
    except CancelledError:
        project.move_job(record.id, JobState.CANCELLED, "Cancelled.")
        raise
    except UserError as error:
        project.move_job(record.id, JobState.FAILED, str(error))
        raise
    except Exception as error:
        project.move_job(record.id, JobState.FAILED, f"{type(error).__name__}: {error}")
        raise
    except BaseException:
        project.move_job(record.id, JobState.INTERRUPTED, "The program was stopped.")
        raise
    project.move_job(record.id, JobState.DONE, job.summary)
