"""The supervisor: works off a project's queue, in a process of its own, until nothing is left."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from defectstudio.domain.errors import DefectStudioError, InternalError
from defectstudio.domain.files import to_json
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.jobs import slots
from defectstudio.jobs.kinds import JobKind
from defectstudio.jobs.launching import ABOUT, SupervisorLock
from defectstudio.jobs.running import Run
from defectstudio.project.place import DATABASE
from defectstudio.project.project import Project


@dataclass(frozen=True)
class Patience:
    """How long the supervisor waits, in seconds.

    tick: between two looks at the queue; idle: before it ends with nothing to do; silent: for a
    sign of life of a worker; still: for a worker to come further; settle: between two looks for
    jobs whose owner died; stop: for the workers, when it is ended itself.
    """

    tick: float = 0.2
    idle: float = 5.0
    silent: float = 120.0
    still: float = 7200.0
    settle: float = 3.0
    stop: float = 25.0


class Supervisor:
    """Starts the jobs of an open project as slots become free, hears what is wanted of them.

    kinds: what the application knows of the kinds of jobs; clock: the time of day.
    """

    def __init__(
        self,
        project: Project,
        kinds: Mapping[str, JobKind],
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
        complain: Callable[[str], object] = lambda _text: None,
    ) -> None:
        self._project, self._kinds, self._clock = project, kinds, clock
        self._patience = patience or Patience()
        self._complain = complain
        self._runs: dict[int, Run] = {}
        self._stopping = threading.Event()
        self._lock = SupervisorLock(project.root)
        self._looked = time.monotonic()
        self._settled = -math.inf

    def run(self, began: Callable[[], object] = lambda: None) -> bool:
        """Work until there is nothing to do or `stop` is called; False when another process is
        the project's supervisor already. began: is called when this one is. Raises JobError where
        the folder cannot be written."""
        if not self._lock.take():
            return False
        began()
        try:
            while self._work_off():
                # Who queued a job while the lock was held has not started another supervisor.
                self._lock.release()
                if self._stopping.is_set() or not self._has_work() or not self._lock.take():
                    break
        finally:
            self._let_go()
            self._lock.release()
        return True

    def stop(self) -> None:
        """End: workers leave a checkpoint, their jobs are queued for the next supervisor."""
        self._stopping.set()

    def _work_off(self) -> bool:
        """Look again and again; True when there has been nothing to do for a while."""
        busy = time.monotonic()
        while not self._stopping.is_set():
            if not (self._project.root / DATABASE).exists():
                return False  # the project was moved or deleted under us
            try:
                if self.look():
                    busy = time.monotonic()
            except (DefectStudioError, OSError) as error:
                # Another program holds the database, the disk is full or closed: that may pass.
                self._say(str(error))
            if time.monotonic() - busy > self._patience.idle:
                return True
            self._stopping.wait(self._patience.tick)
        return False

    def look(self) -> bool:
        """Do what is to be done now; whether anything runs or may run later by itself."""
        now = time.monotonic()
        if now - self._looked > max(10.0, 10 * self._patience.tick):
            for run in self._runs.values():  # the machine slept, and the workers with it
                run.heard = run.moved = now
        self._looked = now
        self._forget_ended()
        if now - self._settled > self._patience.settle:
            self._settled = now
            self._beat()
            self._project.settle_orphans()
        for job in self._project.live_jobs():
            if job.wanted and job.id in self._runs:
                self._runs[job.id].ask(JobState(job.wanted))
        for run in list(self._runs.values()):
            self._watch(run, now)
        self._start_ready()
        return bool(self._runs) or self._has_work()

    def _watch(self, run: Run, now: float) -> None:
        report = run.news()
        if report is not None:
            run.tell(report)
        if now - run.heard > self._patience.silent:
            run.end_hung("the worker gave no sign of life and was ended")
        elif now - run.moved > self._patience.still:
            run.end_hung("the worker came no further and was ended")

    def _start_ready(self) -> None:
        limits = self._project.limits()
        for job in self._project.ready_jobs(self._clock()):
            if job.id in self._runs:
                continue  # its folder was deleted underneath, and its lock with it
            running = [run.record for run in self._runs.values()]
            place = slots.free_place(job, running, limits, slots.cards())
            if place is not None:
                self._start(job, place)

    def _start(self, job: JobRecord, place: str) -> None:
        claimed = self._project.claim_job(job.id, place)
        if claimed is None:
            return
        kind = self._kinds.get(claimed.kind)
        if kind is None:
            error = InternalError(f"there is no job of the kind {claimed.kind!r}")
            self._project.move_job(claimed.id, JobState.FAILED, str(error))
            return
        self._runs[claimed.id] = Run(self._project, claimed, kind, self._clock)

    def _has_work(self) -> bool:
        return bool(self._project.ready_jobs(math.inf))

    def _forget_ended(self) -> None:
        for job_id in [one for one, run in self._runs.items() if run.is_over]:
            self._runs.pop(job_id).join()

    def _beat(self) -> None:
        about = {"pid": os.getpid(), "heartbeat": self._clock()}
        try:
            # Not beside and renamed, which would make the folder of a project that was moved.
            (self._project.root / ABOUT).write_text(to_json(about), "utf-8")
        except OSError as error:
            self._say(f"{error.filename}: {error.strerror}")

    def _say(self, complaint: str) -> None:
        with contextlib.suppress(OSError):  # it may lie on the very disk that is full or closed
            self._complain(complaint)

    def _let_go(self) -> None:
        """End all runs; what cannot be written now is settled by whoever opens the project next."""
        for run in self._runs.values():
            run.ask(JobState.QUEUED)
        deadline = time.monotonic() + self._patience.stop
        for run in self._runs.values():
            run.join(max(0.0, deadline - time.monotonic()))
            run.give_up()
        for run in self._runs.values():
            run.join()
        self._runs.clear()
