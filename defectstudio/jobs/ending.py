"""How a job ended, judged from what its worker said and how its process went away."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

from defectstudio.domain import errors, events
from defectstudio.domain.errors import (
    DefectStudioError,
    InternalError,
    JobError,
    OutOfMemory,
    UserError,
)
from defectstudio.domain.records import JobState
from defectstudio.jobs.process import describe_exit, ended_from_outside

_SIGKILL = int(getattr(signal, "SIGKILL", 9))


@dataclass(frozen=True)
class Ending:
    """The state and, where it is not a good one, why. said: what the row of a good one says;
    summary: its figures."""

    state: JobState
    failure: DefectStudioError | None = None
    said: str = ""
    summary: dict[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return str(self.failure) if self.failure else self.said


def judge(
    last: events.Event | None,
    code: int,
    asked: JobState | None,
    last_words: str,
    *,
    starved: bool = False,
) -> Ending:
    """The ending of a run.

    last: the final event, if one came; code: the exit code; asked: what we told the worker to
    become, if we did; last_words: the end of its log; starved: whether the system ended processes
    for want of memory meanwhile. Only Finished and exit code 0 together are a success: a worker
    that says nothing has failed, whatever its exit code.
    """
    if isinstance(last, events.Failed):
        return Ending(JobState.FAILED, error_of(last))
    if isinstance(last, events.Finished) and code == 0:
        return Ending(JobState.DONE, summary=last.summary)
    if asked is not None:
        return Ending(asked)
    if isinstance(last, events.Stopped):
        return Ending(JobState.INTERRUPTED, _interrupted("the worker was told to stop"))
    return _ended(code, last_words, starved=starved)


def _ended(code: int, last_words: str, *, starved: bool) -> Ending:
    """The ending of a worker that said nothing of it."""
    if starved and code == -_SIGKILL:
        return Ending(
            JobState.FAILED, OutOfMemory("the system ended the worker: the memory does not suffice")
        )
    if ended_from_outside(code):
        return Ending(
            JobState.INTERRUPTED, _interrupted(f"the worker was ended by {describe_exit(code)}")
        )
    return Ending(JobState.FAILED, _died(code, last_words))


def error_of(failed: events.Failed) -> DefectStudioError:
    """The error that a Failed event tells of, of the class it names."""
    chosen = _user_error(failed.kind) if failed.fault == "user" else InternalError
    return chosen(failed.reason, subject=failed.subject, remedy=failed.remedy)


def _user_error(name: str) -> type[UserError]:
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, UserError):
        return kind
    return JobError


def _interrupted(reason: str) -> JobError:
    return JobError(reason, remedy="Start it again to go on (training: with --resume).")


def _died(code: int, last_words: str) -> InternalError:
    said = f" Its last words: {last_words}" if last_words else ""
    return InternalError(
        f"the worker ended without a result ({describe_exit(code)}).{said}",
        remedy="See log.txt in the job's folder.",
    )
