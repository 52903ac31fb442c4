"""The queue of a project: jobs as rows, which any process may add to, watch and steer."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from defectstudio.domain.errors import JobError
from defectstudio.domain.records import Asked, JobRecord, JobState
from defectstudio.project import jobs, queue_rules
from defectstudio.project.curation import Curation
from defectstudio.project.names import clean_name

LIMITS = {"cpu": 1, "cuda": 1, "disk": 1, "user": 0}
"""How many jobs run at a time, unless told otherwise: on the processor, on each graphics card,
imports and exports, and of one user (0: as many as there are slots)."""


class Queue(Curation):
    """The part of a project that is worked off."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._owned = jobs.Owned()

    def jobs(self) -> list[JobRecord]:
        """All jobs in the order they were added."""
        with self._database.read() as connection:
            return jobs.select(connection, self.root)

    def job(self, job_id: int) -> JobRecord:
        """One job."""
        with self._database.read() as connection:
            return jobs.select_one(connection, self.root, job_id)

    def add_job(self, kind: str, title: str, asked: Asked | None = None) -> JobRecord:
        """Add a starting job that belongs to this process, with its run folder: to be described
        and queued, or to be done here. Raises ProjectError for a job to wait for that is not there.
        """
        with ExitStack() as undo:
            with self._database.write() as connection:
                job = jobs.insert(connection, self.root, kind, title, asked or Asked())
                undo.callback(self._owned.give_up, job.id)
                # Owned before anybody can see the row, or another process calls it an orphan.
                self._owned.take(job.id, job.folder)
            undo.pop_all()
        self.changed.emit("jobs")
        return job

    def claim_job(self, job_id: int, place: str = "") -> JobRecord | None:
        """Own a queued job, to do it in this slot; None when another was faster."""
        folder = self.job(job_id).folder
        try:
            self._owned.take(job_id, folder)
        except JobError:
            return None
        with ExitStack() as undo:
            undo.callback(self._owned.give_up, job_id)
            with self._change("jobs") as connection:
                if not queue_rules.move(connection, job_id, JobState.STARTING, place=place):
                    return None
                job = jobs.select_one(connection, self.root, job_id)
            undo.pop_all()
        return job

    def move_job(
        self,
        job_id: int,
        to: JobState,
        message: str = "",
        *,
        retries: int | None = None,
        due: float = 0.0,
    ) -> JobRecord:
        """Give a job another state; one that is neither starting nor running belongs to nobody.

        retries: how often it is started again by itself, None as before; due: not before this
        time. Raises JobError when it has a state that the new one does not follow.
        """
        with self._change("jobs") as connection:
            moved = queue_rules.move(connection, job_id, to, message, retries=retries, due=due)
            job = jobs.select_one(connection, self.root, job_id)
        if not moved:
            raise queue_rules.refused(job, to)
        if not to.is_owned:
            self._owned.give_up(job_id)
        return job

    def tell_job(
        self,
        job_id: int,
        steps: tuple[int, int],
        seconds_left: float | None = None,
        memory: int = 0,
    ) -> None:
        """Write down how far a running job is: (done, total), and what it took so far."""
        with self._change("jobs") as connection:
            queue_rules.tell(connection, job_id, steps, seconds_left, memory)

    def foretell_job(self, job_id: int, seconds: float | None) -> None:
        """Write down how long a job will take, where that can be told before it runs."""
        with self._change("jobs") as connection:
            connection.execute("UPDATE jobs SET seconds_left = ? WHERE id = ?", (seconds, job_id))

    def ask_job(self, job_id: int, to: JobState) -> None:
        """Cancel or pause a job, whoever works on it.

        A job that waits is cancelled or paused at once; one that runs leaves a checkpoint first.
        Raises JobError when it is over or paused already.
        """
        with self._change("jobs") as connection:
            queue_rules.ask(connection, jobs.select_one(connection, self.root, job_id), to)

    def prioritize_job(self, job_id: int, priority: int) -> None:
        """Let a job start before those of a lower priority."""
        with self._change("jobs") as connection:
            jobs.select_one(connection, self.root, job_id)
            connection.execute("UPDATE jobs SET priority = ? WHERE id = ?", (priority, job_id))

    def live_jobs(self) -> list[JobRecord]:
        """The jobs that a process works on."""
        with self._database.read() as connection:
            return jobs.select(connection, self.root, queue_rules.OWNED)

    def ready_jobs(self, at: float) -> list[JobRecord]:
        """The queued jobs that wait for nothing but a slot at this time, first come first.

        Those that wait for a job which will not be done fail.
        """
        where, values = queue_rules.ready(at)
        with self._database.read() as connection:
            found = jobs.select(connection, self.root, where, values)
            waits = connection.execute("SELECT 1 FROM job_needs LIMIT 1").fetchone()
        if waits:
            with self._change("jobs") as connection:
                queue_rules.fail_without_need(connection)
        return sorted(found, key=lambda job: -job.asked.priority)

    def limits(self) -> dict[str, int]:
        """How many jobs run at a time; see LIMITS."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT name, value FROM job_limits").fetchall()
        return {**LIMITS, **{row["name"]: row["value"] for row in rows}}

    def set_limit(self, name: str, value: int) -> None:
        """Say how many jobs run at a time; see LIMITS. Raises JobError for another name."""
        if name not in LIMITS:
            raise JobError("there is no such limit", subject=name, remedy=f"Use {[*LIMITS]}.")
        with self._change("jobs") as connection:
            connection.execute(
                "INSERT INTO job_limits VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?",
                (name, value, value),
            )

    def retitle_job(self, job_id: int, title: str) -> None:
        """Give a job another name."""
        title = clean_name(title, "job")
        with self._change("jobs") as connection:
            connection.execute("UPDATE jobs SET title = ? WHERE id = ?", (title, job_id))

    def remove_job(self, job_id: int) -> None:
        """Forget a job that has ended, with its folder; what it gave the project stays."""
        with self._change("jobs") as connection:
            jobs.delete(connection, jobs.select_one(connection, self.root, job_id))

    def settle_orphans(self) -> list[JobRecord]:
        """End starting and running jobs whose owner died, or queue them again; returns them."""
        settled = []
        for job in self.live_jobs():
            with jobs.unowned(job.folder) as orphaned:
                if orphaned:
                    with self._change("jobs") as connection:
                        due = time.time() + queue_rules.BACKOFF_SECONDS
                        queue_rules.settle(connection, job.id, due)
                        settled.append(jobs.select_one(connection, self.root, job.id))
        return settled
