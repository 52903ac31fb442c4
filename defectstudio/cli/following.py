"""A job on the command line: its progress on stderr, Ctrl-C cancels it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from defectstudio.cli.output import note, progress_bar
from defectstudio.domain.errors import JobError
from defectstudio.domain.events import Event, Log, Progress
from defectstudio.domain.records import JobRecord, JobState

if TYPE_CHECKING:
    from defectstudio.jobs.running import RunningJob

_SHOWN = "notice", "warning"
_LOOK_SECONDS = 0.2
"""Waiting without end would not hear Ctrl-C on Windows."""


def follow(job: RunningJob) -> JobRecord:
    """Wait for the job. Raises what made it fail, JobError when it was cancelled.

    The first Ctrl-C asks the worker to stop, which takes seconds; the job can be resumed.
    """
    with progress_bar(f"{job.record.kind} {job.record.title}") as show:

        def hear(event: Event) -> None:
            if isinstance(event, Progress):
                show(event.done, event.total)
            elif isinstance(event, Log) and event.level in _SHOWN:
                note(event.text)

        job.event.connect(hear)
        with _ctrl_c() as asked:
            _wait(job, asked)
        if asked.is_set():
            note("Cancelling; what is done so far is kept.")
            job.cancel()
        _wait(job)
    record = job.result()
    if record.state is JobState.CANCELLED:
        raise JobError("cancelled", subject=record.title)
    return record


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """Set by Ctrl-C: an exception is lost where it happens to hit a destructor."""
    asked = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: asked.set())
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _wait(job: RunningJob, asked: threading.Event | None = None) -> None:
    live = (JobState.QUEUED, JobState.RUNNING)
    while job.wait(_LOOK_SECONDS).state in live:
        if asked is not None and asked.is_set():
            return
    job.wait()
