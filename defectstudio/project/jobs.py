"""Jobs as rows, and the lock in its run folder by which a job belongs to a living process."""

from __future__ import annotations

import getpass
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.records import Asked, JobRecord, JobState

OWNER_LOCK = "owner.lock"
"""The system frees it when its holder dies, however that happens."""
LIVE = tuple(state for state in JobState if not state.is_over)

_PROBE_SECONDS = 1.0
"""Who looks whether a job has an owner holds its lock for a moment."""


class Owned:
    """The locks of the jobs that belong to this process."""

    def __init__(self) -> None:
        self._locks: dict[int, FileLock] = {}
        self._guard = threading.Lock()

    def take(self, job_id: int, folder: Path) -> None:
        """Own the job whose run folder is `folder`. Raises JobError when another does, or where
        nothing can be written."""
        lock = _lock(folder)
        try:
            lock.acquire(timeout=_PROBE_SECONDS)
        except Timeout:
            raise JobError(
                "the job belongs to another running program",
                subject=folder,
                remedy="Wait for it or cancel it there.",
            ) from None
        except OSError as error:
            raise JobError(
                f"the job's folder cannot be used ({error.strerror or error})",
                subject=folder,
                remedy="Allow writing there.",
            ) from error
        with self._guard:
            self._locks[job_id] = lock

    def give_up(self, job_id: int) -> None:
        """Own the job no longer, if it was owned."""
        with self._guard:
            lock = self._locks.pop(job_id, None)
        if lock is not None:
            lock.release()

    def give_up_all(self) -> None:
        """Own no job any longer."""
        for job_id in list(self._locks):
            self.give_up(job_id)


def check_idle(connection: sqlite3.Connection, subject: str, why: str) -> None:
    """Raise ProjectError, saying why of the job, while one waits or runs."""
    states = ", ".join(f"'{state}'" for state in sorted(LIVE))
    row = connection.execute(f"SELECT title FROM jobs WHERE state IN ({states})").fetchone()
    if row:
        raise ProjectError(
            f"the job {row['title']!r} {why}",
            subject=subject,
            remedy="Wait until it is done, or cancel it.",
        )


@contextmanager
def unowned(folder: Path) -> Iterator[bool]:
    """Whether nobody owns the job of this run folder; then nobody can while the block runs."""
    if not folder.is_dir():
        yield True
        return
    lock = _lock(folder)
    try:
        lock.acquire(blocking=False)
    except (Timeout, OSError):  # where nothing can be written nobody can tell, nor needs to
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def insert(
    connection: sqlite3.Connection, root: Path, kind: str, title: str, asked: Asked
) -> JobRecord:
    """Add a starting job and make its run folder `runs/NNNN`."""
    number = connection.execute(
        "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'jobs'"
    ).fetchone()[0]
    folder = f"runs/{number:04d}"
    try:
        # A kill before the commit may have left this folder; no row ever spoke of it.
        (root / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(
            f"the job's folder cannot be made ({error.strerror or error})", subject=root / folder
        ) from error
    connection.execute(
        "INSERT INTO jobs (id, kind, title, state, folder, created, orders, slot, priority, shrink,"
        " user) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(number, kind, title, JobState.STARTING, folder, now(), json.dumps(asked.order)),
            *(asked.slot, asked.priority, asked.shrink, _user()),
        ),
    )
    for needed in asked.after:
        select_one(connection, root, needed)
        connection.execute("INSERT OR IGNORE INTO job_needs VALUES (?, ?)", (number, needed))
    return select_one(connection, root, number)


_SELECT = (
    "SELECT *, (SELECT group_concat(needs_id) FROM job_needs WHERE job_id = jobs.id) AS needs"
    " FROM jobs"
)


def select(
    connection: sqlite3.Connection,
    root: Path,
    where: str = "",
    values: Mapping[str, float] | None = None,
) -> list[JobRecord]:
    """All jobs in the order they were added, or those of a condition."""
    rows = connection.execute(f"{_SELECT} {where} ORDER BY id", values or {})
    return [record(row, root) for row in rows]


def select_one(connection: sqlite3.Connection, root: Path, job_id: int) -> JobRecord:
    """One job. Raises ProjectError when there is none with this id."""
    row = connection.execute(f"{_SELECT} WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise ProjectError(f"the project has no job with the number {job_id}")
    return record(row, root)


def delete(connection: sqlite3.Connection, job: JobRecord) -> None:
    """Forget a job that has ended, and delete its folder; samples it made are of no job then, and
    jobs that wait for it fail.

    Raises ProjectError when it is not over or its folder cannot be deleted.
    """
    if not job.state.is_over:
        raise ProjectError(
            "the job is not over", subject=job.title, remedy="Cancel it first, then delete it."
        )
    try:
        shutil.rmtree(job.folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ProjectError(
            f"the job's folder cannot be deleted ({error.strerror or error})",
            subject=error.filename or job.folder,
            remedy="Close what has a file of it open, or allow writing there, and try again.",
        ) from error
    connection.execute(
        "UPDATE jobs SET state = ?, ended = ?, message = ? WHERE state IN ('queued', 'paused') AND"
        " id IN (SELECT job_id FROM job_needs WHERE needs_id = ?)",
        (JobState.FAILED, now(), f"Job {job.id}, which it waited for, was deleted.", job.id),
    )
    connection.execute("UPDATE samples SET job_id = NULL WHERE job_id = ?", (job.id,))
    connection.execute("DELETE FROM jobs WHERE id = ?", (job.id,))


def now() -> str:
    """The time as rows have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def record(row: sqlite3.Row, root: Path) -> JobRecord:
    """The record of a row."""
    needs = tuple(sorted(int(part) for part in (row["needs"] or "").split(",") if part))
    return JobRecord(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        state=JobState(row["state"]),
        progress=row["progress"],
        message=row["message"],
        folder=root / row["folder"],
        created=row["created"],
        ended=row["ended"],
        asked=Asked(
            json.loads(row["orders"]), row["slot"], row["priority"], needs, bool(row["shrink"])
        ),
        begun=row["begun"],
        place=row["place"],
        user=row["user"],
        wanted=row["wanted"],
        retries=row["retries"],
        due=row["due"],
        steps=(row["done"], row["total"]),
        seconds_left=row["seconds_left"],
        memory=row["memory"],
    )


def _lock(folder: Path) -> FileLock:
    # The thread that ends a job need not be the one that began it.
    return FileLock(folder / OWNER_LOCK, thread_local=False)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a number without a name, as in containers
        return ""
