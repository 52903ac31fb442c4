"""Jobs that run in this process, on the caller's thread: imports and exports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from defectstudio.domain.errors import UserError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.project.project import Project

Progress = Callable[[int, int], None]
"""Called with (done, total). What it raises ends the job; `CancelledError` ends it as cancelled."""

_EVERY_SECONDS = 0.5
"""The job's row is written to the disk; its reader looks about this often."""


class CancelledError(Exception):
    """Raised by a progress callback to end a job because a person wants it."""


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
        """`done` of `total` steps."""
        if self._listener:
            self._listener(done, total)
        now = time.monotonic()
        if now - self._told >= _EVERY_SECONDS:
            self._told = now
            self._project.update_job(self.record.id, progress=done / max(total, 1))


@contextmanager
def inline_job(
    project: Project, kind: str, title: str, listener: Progress | None
) -> Iterator[InlineJob]:
    """A job while the block runs; its row says how the block ended.

    A kill leaves it running, with its lock free: the next to open the project calls it
    interrupted.
    """
    record = project.add_job(kind, title)
    project.update_job(record.id, state=JobState.RUNNING)
    job = InlineJob(project, record, listener)
    try:
        yield job
    except CancelledError:
        _end(project, record, JobState.CANCELLED, "Cancelled.")
        raise
    except UserError as error:
        _end(project, record, JobState.FAILED, str(error))
        raise
    except Exception as error:
        _end(project, record, JobState.FAILED, f"{type(error).__name__}: {error}")
        raise
    except BaseException:
        _end(project, record, JobState.INTERRUPTED, "The program was stopped.")
        raise
    project.update_job(record.id, state=JobState.DONE, progress=1.0, message=job.summary)


def _end(project: Project, record: JobRecord, state: JobState, message: str) -> None:
    project.update_job(record.id, state=state, message=message)
