"""How jobs change their state: each change is one UPDATE that names the states it may leave."""

from __future__ import annotations

import sqlite3

from defectstudio.domain.errors import JobError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.project.jobs import now

ORPHANED = "The program that ran this job ended before the job did."
BACKOFF_SECONDS = 5.0
"""Before a job whose worker died is started again."""
_LONGEST_WAIT = 600.0
"""A job that is due later than this was given its time by a clock that was set back since."""

OWNED = "WHERE state IN ('starting', 'running')"
"""The condition on jobs that a process works on."""

_S = JobState
_FROM: dict[JobState, tuple[JobState, ...]] = {
    _S.QUEUED: (_S.STARTING, _S.RUNNING, _S.PAUSED, _S.FAILED, _S.CANCELLED, _S.INTERRUPTED),
    _S.STARTING: (_S.QUEUED,),
    _S.RUNNING: (_S.STARTING,),
    _S.PAUSED: (_S.QUEUED, _S.STARTING, _S.RUNNING),
    _S.DONE: (_S.STARTING, _S.RUNNING),
    _S.FAILED: (_S.QUEUED, _S.STARTING, _S.RUNNING),
    _S.CANCELLED: (_S.QUEUED, _S.STARTING, _S.RUNNING, _S.PAUSED),
    _S.INTERRUPTED: (_S.STARTING, _S.RUNNING),
}
"""What a state may follow."""


_OTHERWISE = (
    "(wanted = 'cancelled' AND :to IN ('paused', 'queued', 'interrupted')"
    " OR wanted = 'paused' AND :to IN ('queued', 'interrupted'))"
)


def move(
    connection: sqlite3.Connection,
    job_id: int,
    to: JobState,
    message: str = "",
    *,
    leaving: tuple[JobState, ...] = (),
    place: str = "",
    retries: int | None = None,
    due: float = 0.0,
) -> bool:
    """Give a job another state, if it has one that may be left for it (or one of `leaving`).

    A job that ends gets its time, one that lives again loses it and what was wanted of it. One
    that stops otherwise than it was asked to, unless at its end, stops as it was asked to.
    """
    given = {
        "id": job_id,
        "to": to,
        "message": message,
        "now": now(),
        "over": to.is_over,
        "owned": to.is_owned,
        "place": place,
        "retries": retries,
        "due": due,
    }
    changed = connection.execute(
        f"UPDATE jobs SET state = CASE WHEN {_OTHERWISE} THEN wanted ELSE :to END,"
        " message = :message, due = :due, retries = coalesce(:retries, retries),"
        f" ended = CASE WHEN {_OTHERWISE} THEN iif(wanted = 'paused', NULL, :now)"
        " WHEN :over THEN :now END,"
        " begun = CASE WHEN :to = 'running' THEN :now ELSE begun END,"
        " progress = CASE WHEN :to = 'done' THEN 1.0 ELSE progress END,"
        " place = CASE WHEN :to = 'running' THEN place ELSE :place END,"
        " wanted = CASE WHEN :owned THEN wanted ELSE '' END,"
        " seconds_left = CASE WHEN :over THEN NULL ELSE seconds_left END"
        f" WHERE id = :id AND state IN ({_listed(leaving or _FROM[to])})",
        given,
    )
    return changed.rowcount == 1


def settle(connection: sqlite3.Connection, job_id: int, due: float) -> None:
    """End a job whose owner died: as it was asked to, else queued again where that is safe."""
    connection.execute(
        "UPDATE jobs SET state = CASE WHEN wanted != '' THEN wanted"
        " WHEN retries > 0 THEN 'queued' ELSE 'interrupted' END,"
        " ended = CASE WHEN wanted = 'paused' OR (wanted = '' AND retries > 0) THEN NULL"
        " ELSE :now END,"
        " message = :why, retries = max(0, retries - (wanted = '')), due = :due,"
        " wanted = '', place = '', seconds_left = NULL"
        f" {OWNED} AND id = :id",
        {"id": job_id, "now": now(), "why": ORPHANED, "due": due},
    )


def ask(connection: sqlite3.Connection, job: JobRecord, to: JobState) -> None:
    """Cancel or pause a job: at once one that waits, else its owner is told to.

    Raises JobError when it is over, or is paused already.
    """
    if move(connection, job.id, to, leaving=_waiting(to)):
        return
    told = connection.execute(
        "UPDATE jobs SET wanted = CASE WHEN wanted = 'cancelled' THEN wanted ELSE ? END"
        f" {OWNED} AND id = ?",
        (to, job.id),
    )
    if told.rowcount == 0:
        raise refused(job, to)


def refused(job: JobRecord, to: JobState) -> JobError:
    """Why a job cannot take this state."""
    return JobError(f"the job is {job.state.value} and cannot become {to.value}", subject=job.title)


def tell(
    connection: sqlite3.Connection,
    job_id: int,
    steps: tuple[int, int],
    seconds_left: float | None,
    memory: int,
) -> None:
    """Write down how far a running job is."""
    done, total = steps
    connection.execute(
        "UPDATE jobs SET done = ?, total = ?, progress = ?, seconds_left = ?,"
        f" memory = max(memory, ?) {OWNED} AND id = ?",
        (done, total, min(max(done / max(total, 1), 0.0), 1.0), seconds_left, memory, job_id),
    )


def fail_without_need(connection: sqlite3.Connection) -> int:
    """Fail the jobs that wait for one that will not be done; how many there were.

    An interrupted job can still be gone on with, so that those after it wait.
    """
    failed = 0
    while True:  # a chain fails link by link
        changed = connection.execute(
            "UPDATE jobs SET state = 'failed', ended = ?, message = (SELECT 'Job ' || n.id ||"
            " ' (' || n.title || '), which it waited for, ' || CASE n.state WHEN 'failed'"
            " THEN 'failed.' ELSE 'was cancelled.' END FROM job_needs JOIN jobs n ON"
            " n.id = needs_id WHERE job_id = jobs.id AND n.state IN ('failed', 'cancelled'))"
            " WHERE state IN ('queued', 'paused') AND EXISTS (SELECT 1 FROM job_needs JOIN jobs n"
            " ON n.id = needs_id WHERE job_id = jobs.id AND n.state IN ('failed', 'cancelled'))",
            (now(),),
        ).rowcount
        if not changed:
            return failed
        failed += changed


def ready(at: float) -> tuple[str, dict[str, float]]:
    """The condition on jobs that may start at this time, and its values."""
    return (
        "WHERE state = 'queued' AND (due <= :at OR due > :at + :longest) AND NOT EXISTS"
        " (SELECT 1 FROM job_needs JOIN jobs n ON n.id = needs_id WHERE job_id = jobs.id"
        " AND n.state != 'done')"
    ), {"at": at, "longest": _LONGEST_WAIT}


def _waiting(to: JobState) -> tuple[JobState, ...]:
    return (_S.QUEUED,) if to is _S.PAUSED else (_S.QUEUED, _S.PAUSED)


def _listed(states: tuple[JobState, ...]) -> str:
    return ", ".join(f"'{state.value}'" for state in states)
