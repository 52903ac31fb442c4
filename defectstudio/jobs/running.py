"""A job while the supervisor works on it: its worker, its files and how it ended."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from defectstudio.domain import events
from defectstudio.domain.errors import (
    DefectStudioError,
    InternalError,
    JobError,
    OutOfMemory,
    UserError,
)
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.domain.specs import JOB_FILE
from defectstudio.jobs import memory, process, slots
from defectstudio.jobs.earlier import WORKER_FILE, note_worker, wait_for_run
from defectstudio.jobs.ending import Ending, judge
from defectstudio.jobs.kinds import CancelledError, InlineKind, JobKind, WorkerKind
from defectstudio.jobs.pace import Pace
from defectstudio.jobs.process import WorkerProcess
from defectstudio.jobs.run_folder import FINAL, LOG_FILE, RunWriter
from defectstudio.project.project import Project
from defectstudio.project.queue_rules import BACKOFF_SECONDS

CANCEL_SECONDS, PAUSE_SECONDS, TERMINATE_SECONDS = 4.0, 20.0, 0.5
"""How long a worker may take to leave a checkpoint before it is terminated, then killed."""
_ROW_SECONDS = 1.0


@dataclass(frozen=True)
class Report:
    """How far a run is, for the job's row."""

    steps: tuple[int, int]
    seconds_left: float | None
    memory: int


class Run:
    """Works on one claimed job on a thread of its own, until `is_over`.

    heard, moved: when the worker last said anything, and when it last came further (monotonic).
    """

    def __init__(
        self, project: Project, record: JobRecord, kind: JobKind, clock: Callable[[], float]
    ) -> None:
        self.record = record
        self.heard = self.moved = time.monotonic()
        self._project, self._kind, self._clock = project, kind, clock
        self._worker: WorkerProcess | None = None
        self._asked: JobState | None = None
        self._hung: JobError | None = None
        self._changing = threading.Lock()
        self._pace = Pace()
        self._steps, self._memory, self._reported = (0, 0), 0, Report((0, 0), None, 0)
        self._giving_up = threading.Event()
        self._writer = RunWriter(record.folder)
        self._thread = threading.Thread(target=self._run, name=f"job-{record.id}", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether row, files and process are as they stay."""
        return not self._thread.is_alive()

    @property
    def pid(self) -> int | None:
        """The worker's process id; None before it is started."""
        return self._worker.pid if self._worker else None

    def ask(self, to: JobState) -> None:
        """Let the worker leave a checkpoint and end; the job becomes `to`. Once is enough, but to
        cancel counts after anything else."""
        with self._changing:
            if self._asked in (to, JobState.CANCELLED):
                return
            again, self._asked = self._asked is not None, to
            worker = self._worker
        if worker is None:
            return
        if to is JobState.CANCELLED:
            if again:
                worker.kill()  # it has been told to leave a checkpoint before
            worker.say("cancel")
            worker.stop(CANCEL_SECONDS, TERMINATE_SECONDS)
        else:
            worker.hang_up()
            worker.stop(PAUSE_SECONDS, TERMINATE_SECONDS)

    def end_hung(self, why: str) -> None:
        """End a worker that does nothing any longer."""
        self._hung = JobError(why, subject=self.record.title, remedy="It is started again.")
        if self._worker is not None:
            self._worker.kill()

    def give_up(self) -> None:
        """Wait no longer for the row to become writable; who opens the project next settles it."""
        self._giving_up.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        self._thread.join(timeout)

    def news(self) -> Report | None:
        """How far it is, None where that is what was told before."""
        report = Report(self._steps, self._pace.seconds_left, self._memory)
        if (report.steps, report.memory) == (self._reported.steps, self._reported.memory):
            return None
        self._reported = report
        return report

    # --- on the run's own thread

    def _run(self) -> None:
        try:
            ending = self._work()
        except CancelledError:
            ending = Ending(self._asked or JobState.CANCELLED)
        except DefectStudioError as error:
            ending = Ending(JobState.FAILED, error)
        except OSError as error:
            ending = Ending(JobState.FAILED, _disk_failed(error, self.record))
        except Exception as error:
            self._note(traceback.format_exc())
            bug = InternalError(
                f"{type(error).__name__}: {error}",
                subject=self.record.folder / LOG_FILE,
                remedy="Please report this with the log.",
            )
            ending = Ending(JobState.FAILED, bug)
        self._settle(ending)

    def _work(self) -> Ending:
        self._writer.begin()
        if isinstance(self._kind, InlineKind):
            self._project.move_job(self.record.id, JobState.RUNNING)
            said = self._kind.work(self._project, self.record, self._progress)
            return Ending(JobState.DONE, said=said)
        return self._with_worker(self._kind)

    def _with_worker(self, kind: WorkerKind) -> Ending:
        folder = self.record.folder
        wait_for_run(folder, lambda: self._asked is not None)
        described = (folder / JOB_FILE).exists()
        if not described and not self.record.asked.order:
            raise JobError(
                "its description is lost",
                subject=self.record.title,
                remedy="Start it anew from its dialog.",
            )
        if not described or self.record.begun is not None:
            kind.describe(self._project, self.record)
        kills = memory.oom_kills()
        with self._changing:
            if self._asked is not None:
                return Ending(self._asked)
            command = (*process.WORKER, str(folder / JOB_FILE))
            place = slots.environment_of(self.record.place)
            worker = self._worker = WorkerProcess(command, folder / LOG_FILE, extra=place)
        self.heard = self.moved = time.monotonic()
        last: events.Event | None = None
        try:
            note_worker(folder, worker.pid)
            self._insist(lambda: self._project.move_job(self.record.id, JobState.RUNNING))
            for event in worker.events():
                last = event if isinstance(event, FINAL) else last
                self._hear(worker, event)
        finally:
            code = worker.close()
            (folder / WORKER_FILE).unlink(missing_ok=True)
        if self._hung is not None:
            return Ending(JobState.INTERRUPTED, self._hung)
        starved = memory.oom_kills() > kills
        ending = judge(last, code, self._asked, worker.last_words(), starved=starved)
        if ending.state is JobState.DONE:
            kind.accept(self._project, self.record)
        return ending

    def _hear(self, worker: WorkerProcess, event: events.Event) -> None:
        self.heard = time.monotonic()
        if isinstance(event, events.Progress):
            self._progress(event.done, event.total)
        elif isinstance(event, events.Alive):
            self._memory = max(self._memory, event.memory)
            return
        elif isinstance(event, events.Log):
            worker.note(f"{event.level}: {event.text}")
        elif isinstance(event, events.Failed) and event.details:
            worker.note(event.details)
        self.moved = self.heard
        if not isinstance(event, FINAL):
            self._writer.write(event)

    def _progress(self, done: int, total: int) -> None:
        if isinstance(self._kind, InlineKind) and self._asked is not None:
            raise CancelledError
        self.heard = self.moved = time.monotonic()
        self._steps = (done, total)
        self._pace.step(done, total)

    # --- the end

    def _settle(self, ending: Ending) -> None:
        """Write down how it ended: first the files, then the row."""
        to, message, retries, due = ending.state, ending.message, None, 0.0
        failure = ending.failure
        if isinstance(failure, OutOfMemory) and isinstance(self._kind, WorkerKind):
            to, failure = self._starved(failure, self._kind)
            message = str(failure)
        elif to is JobState.INTERRUPTED and self.record.retries > 0:
            to, retries = JobState.QUEUED, self.record.retries - 1
            due = self._clock() + BACKOFF_SECONDS * 4 ** (2 - min(2, self.record.retries))
            message = f"{message} It is started again."
        with contextlib.suppress(OSError):  # a full disk has no room for it; the row tells as well
            self._write_last(ending, failure)
        report = self.news()
        if report is not None:
            self._quietly(lambda: self.tell(report))
        self._insist(
            lambda: self._project.move_job(self.record.id, to, message, retries=retries, due=due)
        )

    def tell(self, report: Report) -> None:
        """Write how far it is into the row."""
        self._project.tell_job(self.record.id, report.steps, report.seconds_left, report.memory)

    def _starved(
        self, failure: OutOfMemory, kind: WorkerKind
    ) -> tuple[JobState, DefectStudioError]:
        """What follows from too little memory: the job is queued again smaller where that is
        allowed, else it fails with what would help."""
        smaller = kind.smaller(self.record)
        if smaller is None:
            return JobState.FAILED, failure
        if not self.record.asked.shrink:
            remedy = f"Try {smaller.words}, or let the job make itself smaller (--shrink)."
            return JobState.FAILED, OutOfMemory(failure.reason, remedy=remedy)
        smaller.apply()
        self._note(f"warning: {failure.reason}; it goes on with {smaller.words}")
        return JobState.QUEUED, OutOfMemory(f"{failure.reason}; it goes on with {smaller.words}")

    def _write_last(self, ending: Ending, failure: DefectStudioError | None) -> None:
        if failure is not None:
            self._note(str(failure))
            fault = "user" if isinstance(failure, UserError) else "ours"
            said = (failure.reason, failure.subject, failure.remedy)
            self._writer.write(events.Failed(type(failure).__name__, fault, *said))
        elif ending.state is JobState.DONE:
            self._writer.write(events.Finished(ending.summary))
        else:
            self._writer.write(events.Stopped(ending.state.value, self._steps[0]))

    def _insist(self, move: Callable[[], object]) -> None:
        """Change the row as soon as the disk and other programs let us."""
        while not self._giving_up.is_set():
            try:
                move()
                return
            except JobError:
                return  # it has a state already that this one does not follow
            except DefectStudioError as error:
                self._note(f"the job's row could not be written: {error}")
                self._giving_up.wait(_ROW_SECONDS)

    def _quietly(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (DefectStudioError, OSError):
            self._note(traceback.format_exc())

    def _note(self, text: str) -> None:
        with (
            contextlib.suppress(OSError),
            (self.record.folder / LOG_FILE).open("a", encoding="utf-8") as sink,
        ):
            sink.write(text + "\n")


def _disk_failed(error: OSError, record: JobRecord) -> JobError:
    return JobError(
        f"the job's folder cannot be used ({error.strerror or error})",
        subject=error.filename or record.folder,
        remedy="Free some space or allow writing there, then start the job again.",
    )
