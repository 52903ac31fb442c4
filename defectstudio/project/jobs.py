"""Jobs as rows, and the lock in its run folder by which a job belongs to a living process."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.records import JobRecord, JobState

OWNER_LOCK = "owner.lock"
"""The system frees it when its holder dies, however that happens."""
LIVE = (JobState.QUEUED, JobState.RUNNING)
ORPHANED = "The program that ran this job ended before the job did."


class Owned:
    """The locks of the jobs that belong to this process."""

    def __init__(self) -> None:
        self._locks: dict[int, FileLock] = {}
        self._guard = threading.Lock()

    def take(self, job_id: int, folder: Path) -> None:
        """Own the job whose run folder is `folder`. Raises JobError when another does."""
        lock = _lock(folder)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise JobError(
                "the job belongs to another running program",
                subject=folder,
                remedy="Wait for it or cancel it there.",
            ) from None
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


def insert(connection: sqlite3.Connection, root: Path, kind: str, title: str) -> JobRecord:
    """Add a queued job and make its run folder `runs/NNNN`."""
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
        "INSERT INTO jobs (id, kind, title, state, folder, created) VALUES (?, ?, ?, ?, ?, ?)",
        (number, kind, title, JobState.QUEUED, folder, _now()),
    )
    return select_one(connection, root, number)


def select(connection: sqlite3.Connection, root: Path) -> list[JobRecord]:
    """All jobs in the order they were added."""
    rows = connection.execute("SELECT * FROM jobs ORDER BY id")
    return [_record(row, root) for row in rows]


def select_one(connection: sqlite3.Connection, root: Path, job_id: int) -> JobRecord:
    """One job. Raises ProjectError when there is none with this id."""
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise ProjectError(f"the project has no job with the number {job_id}")
    return _record(row, root)


def update(
    connection: sqlite3.Connection,
    job_id: int,
    *,
    state: JobState | None = None,
    progress: float | None = None,
    message: str | None = None,
) -> None:
    """Change what is given. A job that ends gets its time, one that lives again loses it."""
    connection.execute(
        "UPDATE jobs SET state = coalesce(?, state), progress = coalesce(?, progress),"
        " message = coalesce(?, message) WHERE id = ?",
        (state, None if progress is None else min(max(progress, 0.0), 1.0), message, job_id),
    )
    if state is not None:
        ended = None if state in LIVE else _now()
        connection.execute("UPDATE jobs SET ended = ? WHERE id = ?", (ended, job_id))


def delete(connection: sqlite3.Connection, job: JobRecord) -> None:
    """Forget a job that has ended, and delete its folder; samples it made are of no job then.

    Raises ProjectError when it is not over or its folder cannot be deleted.
    """
    if job.state in LIVE:
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
    connection.execute("UPDATE samples SET job_id = NULL WHERE job_id = ?", (job.id,))
    connection.execute("DELETE FROM jobs WHERE id = ?", (job.id,))


def orphans(connection: sqlite3.Connection, root: Path) -> list[JobRecord]:
    """Queued and running jobs that no living process owns."""
    live = [job for job in select(connection, root) if job.state in LIVE]
    return [job for job in live if not _is_owned(job.folder)]


def _is_owned(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    lock = _lock(folder)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    lock.release()
    return False


def _lock(folder: Path) -> FileLock:
    # The thread that ends a job need not be the one that began it.
    return FileLock(folder / OWNER_LOCK, thread_local=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _record(row: sqlite3.Row, root: Path) -> JobRecord:
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
    )
