"""What the queue must know of a kind of job; the application tells it (app.job_kinds)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from defectstudio.domain.records import JobRecord
from defectstudio.project.project import Project

Progress = Callable[[int, int], None]
"""Called with (done, total). What it raises ends the job; `CancelledError` ends it as asked."""


class CancelledError(Exception):
    """Raised by a progress callback to end a job because a person wants it."""


@dataclass(frozen=True)
class Smaller:
    """A way to need less memory: in words, like "batch 4 in place of 8", and what makes it so."""

    words: str
    apply: Callable[[], object]


def _nothing(_job: JobRecord) -> None:
    """Nothing is to be done."""


@dataclass(frozen=True)
class WorkerKind:
    """A kind that a worker process does.

    describe: write the job's `job.json` when its turn comes and it has none, or when it is to go
    on after it has begun before. accept: make a finished job count: check its artefacts, take them
    into the project; called again when a kill came between this and the job's row. smaller: how
    the job could need less memory, None where it cannot.
    """

    describe: Callable[[Project, JobRecord], None]
    accept: Callable[[Project, JobRecord], None]
    smaller: Callable[[JobRecord], Smaller | None] = _nothing


@dataclass(frozen=True)
class InlineKind:
    """A kind that the supervisor does itself, on a thread: it needs the database, and no torch.

    work: does it, tells its progress and returns what the job's row shall say.
    """

    work: Callable[[Project, JobRecord, Progress], str]


JobKind = WorkerKind | InlineKind
