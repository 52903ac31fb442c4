"""A job of the queue, seen from a window or a command: how far it is and how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable

from defectstudio.domain import events
from defectstudio.domain.errors import DefectStudioError, JobError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.jobs import launching
from defectstudio.jobs.ending import error_of
from defectstudio.jobs.run_folder import (
    EVENTS_FILE,
    METRICS_FILE,
    Tail,
    last_word,
    parse_event,
    parse_metrics,
    parsed,
)
from defectstudio.project.project import Project

LOOK_SECONDS = 0.2
"""Between two looks of `wait`."""
_KEEP_SECONDS = 2.0

Hear = Callable[[events.Event], object]


class FollowedJob:
    """Looks at a job's row and files; the supervisor works on it, in a process of its own."""

    def __init__(self, project: Project, record: JobRecord, *, from_end: bool = True) -> None:
        """from_end: hear only what is said from now on."""
        self.record = record
        self._project = project
        self._events = Tail(record.folder / EVENTS_FILE, from_end=from_end)
        self._metrics = Tail(record.folder / METRICS_FILE, from_end=from_end)
        self._kept = time.monotonic()

    def look(self) -> list[events.Event]:
        """What the job said since the last look; `record` is what it is now.

        Raises ProjectError when it was deleted meanwhile.
        """
        before = self.record.steps
        self.record = self._project.job(self.record.id)
        heard: list[events.Event] = [*parsed(self._metrics.lines(), parse_metrics)]
        heard += parsed(self._events.lines(), parse_event)
        if self.record.steps != before:
            heard.append(events.Progress(*self.record.steps))
        return heard

    def wait(self, timeout: float | None = None, hear: Hear | None = None) -> JobRecord:
        """The record when the job is over or paused, or `timeout` seconds have passed.

        A supervisor that died is started again.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            for event in self.look():
                if hear:
                    hear(event)
            if self.record.state.is_over or self.record.state is JobState.PAUSED:
                return self.record
            if deadline is not None and time.monotonic() >= deadline:
                return self.record
            self._keep_going()
            time.sleep(LOOK_SECONDS)

    def result(self, hear: Hear | None = None) -> JobRecord:
        """Wait for the end. Raises what made the job fail."""
        self.wait(hear=hear)
        if self.failure is not None:
            raise self.failure
        return self.record

    def cancel(self) -> None:
        """Ask the worker to stop at its next step; it is gone within 5 seconds in any case."""
        if not self.record.state.is_over:
            self._project.ask_job(self.record.id, JobState.CANCELLED)

    @property
    def failure(self) -> DefectStudioError | None:
        """What made it fail or interrupted it, None where nothing did."""
        if self.record.state not in (JobState.FAILED, JobState.INTERRUPTED):
            return None
        last = last_word(self.record.folder)
        if isinstance(last, events.Failed):
            return error_of(last)
        return JobError(self.record.message or "the job did not reach its end")

    @property
    def summary(self) -> dict[str, object]:
        """The figures of a job that is done."""
        last = last_word(self.record.folder)
        return last.summary if isinstance(last, events.Finished) else {}

    def _keep_going(self) -> None:
        if time.monotonic() - self._kept > _KEEP_SECONDS:
            self._kept = time.monotonic()
            launching.keep_going(self._project)
