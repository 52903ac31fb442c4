"""A job on the command line: its progress on stderr, Ctrl-C cancels it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from defectstudio.cli.output import note, progress_bar, say
from defectstudio.domain.errors import JobError
from defectstudio.domain.events import Event, Log, Progress
from defectstudio.domain.records import JobRecord, JobState

if TYPE_CHECKING:
    from defectstudio.app.queueing import Wishes
    from defectstudio.jobs.following import FollowedJob

_SHOWN = "notice", "warning"
_LOOK_SECONDS = 0.2
"""Waiting without end would not hear Ctrl-C on Windows."""

Queue = Annotated[
    bool, typer.Option("--queue", help="Do not wait for it: `defectstudio jobs` tells of it.")
]
After = Annotated[
    list[int] | None,
    typer.Option(metavar="JOB", help="Start when this job is done; may be repeated."),
]
Priority = Annotated[int, typer.Option(help="Jobs of a higher one start first.")]
Shrink = Annotated[
    bool, typer.Option("--shrink", help="Halve batch or crop where the memory does not suffice.")
]


def wishes(priority: int, after: list[int] | None, *, shrink: bool = False) -> Wishes:
    """How a command wants its job queued."""
    from defectstudio.app.queueing import Wishes

    return Wishes(priority, tuple(after or ()), shrink)


def queued(job: FollowedJob, *, as_json: bool) -> None:
    """Say that a job is queued and not waited for."""
    lines = [f"Queued as job {job.record.id}; `defectstudio jobs show` tells of it."]
    say(as_json, {"job": asdict(job.record)}, lines)


def follow(job: FollowedJob) -> JobRecord:
    """Wait for the job. Raises what made it fail, JobError when it was cancelled or paused.

    The first Ctrl-C asks the worker to stop, which takes seconds; the job can be resumed.
    """
    with progress_bar(f"{job.record.kind} {job.record.title}") as show:

        def hear(event: Event) -> None:
            if isinstance(event, Progress):
                show(event.done, event.total)
            elif isinstance(event, Log) and event.level in _SHOWN:
                note(event.text)

        with _ctrl_c() as asked:
            while not _rests(job.wait(_LOOK_SECONDS, hear)) and not asked.is_set():
                pass
        if asked.is_set():
            note("Cancelling; what is done so far is kept.")
            job.cancel()
        record = job.result(hear)
    if record.state is not JobState.DONE:
        raise JobError(record.state.value, subject=record.title)
    return record


def _rests(job: JobRecord) -> bool:
    return job.state.is_over or job.state is JobState.PAUSED


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """Set by Ctrl-C: an exception is lost where it happens to hit a destructor."""
    asked = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: asked.set())
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
