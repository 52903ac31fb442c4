"""A job of a project while it runs: its process, its row, its locks and how it ended."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout
from psygnal import EmitLoopError, Signal, SignalInstance

from defectstudio.domain import events
from defectstudio.domain.errors import DefectStudioError, InternalError, JobError
from defectstudio.domain.files import to_json, write_json
from defectstudio.domain.job_spec import JobSpec
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.domain.specs import JOB_FILE, RUN_LOCK
from defectstudio.jobs import process
from defectstudio.jobs.ending import Ending, judge
from defectstudio.jobs.process import WorkerProcess
from defectstudio.project.project import Project

LOG_FILE = "log.txt"
METRICS_FILE = "metrics.jsonl"

_ROW_SECONDS = 0.5
_RUN_LOCK_SECONDS = 60.0

Accept = Callable[[JobRecord], None]
"""What makes a finished job count: check its artefacts, take them into the project."""


class RunningJob:
    """A job that this process owns. All signals come on the job's own thread.

    event: every event of the worker; ended: the final record, when process and ownership are gone.
    Connect right after the start; who comes late reads `record`.
    """

    event = Signal(object)
    ended = Signal(object)

    def __init__(self, project: Project, record: JobRecord, accept: Accept) -> None:
        """Use `start_job` or `resume_job`; `record` is a job that this process owns."""
        self.record = record
        self.failure: DefectStudioError | None = None
        self.summary: dict[str, object] = {}
        self._project = project
        self._accept = accept
        self._asked: JobState | None = None
        self._process: WorkerProcess | None = None
        self._changing = threading.Lock()
        self._row_written = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"job-{record.id}", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The worker's process id; None before it is started."""
        return self._process.pid if self._process else None

    def cancel(self) -> None:
        """Ask the worker to stop at its next step; it dies within 15 seconds in any case."""
        with self._changing:
            self._asked = JobState.CANCELLED
            worker = self._process
        if worker is not None:
            worker.say("cancel")
            worker.stop()

    def interrupt(self) -> None:
        """Let go of the worker, as when the owner ends: it checkpoints and can be resumed."""
        with self._changing:
            self._asked = self._asked or JobState.INTERRUPTED
            worker = self._process
        if worker is not None:
            worker.hang_up()
            worker.stop()

    def wait(self, timeout: float | None = None) -> JobRecord:
        """The record, final unless `timeout` seconds passed first.

        Not to be called by a listener of its signals, which would wait for itself.
        """
        # Not join: Ctrl-C inside of it makes Python 3.11 take the living thread for ended.
        if self._over.wait(timeout):
            self._thread.join()
        return self.record

    def result(self) -> JobRecord:
        """Wait for the end. Raises what made the job fail."""
        self.wait()
        if self.failure is not None:
            raise self.failure
        return self.record

    def _run(self) -> None:
        ending = Ending(JobState.FAILED, InternalError("the job was not run"))
        try:
            ending = self._supervise()
        except DefectStudioError as error:
            ending = Ending(JobState.FAILED, error)
        except OSError as error:
            ending = Ending(JobState.FAILED, _disk_failed(error, self.record.folder))
        except Exception:
            ending = Ending(
                JobState.FAILED,
                InternalError(
                    "watching the job failed",
                    subject=self.record.folder / LOG_FILE,
                    remedy="Please report this with the log.",
                ),
            )
            self._note(traceback.format_exc())
        finally:
            self.failure = ending.failure
            try:
                self._update(state=ending.state, message=ending.message)
                self._tell(self.ended, self.record)
            finally:
                self._over.set()

    def _supervise(self) -> Ending:
        folder = self.record.folder
        _wait_for_run(folder, self._was_asked)
        with self._changing:
            if self._asked is not None:
                return Ending(self._asked)
            command = (*process.WORKER, str(folder / JOB_FILE))
            worker = self._process = WorkerProcess(command, folder / LOG_FILE)
        last: events.Event | None = None
        try:
            for event in worker.events():
                if isinstance(event, events.Finished | events.Failed | events.Stopped):
                    last = event
                self._heard(worker, event)
        finally:
            code = worker.close()
        ending = judge(last, code, self._asked, worker.last_words())
        if ending.state is JobState.DONE and isinstance(last, events.Finished):
            self.summary = last.summary
            self._accept(self.record)
        return ending

    def _heard(self, worker: WorkerProcess, event: events.Event) -> None:
        if isinstance(event, events.Progress):
            now = time.monotonic()
            if now - self._row_written >= _ROW_SECONDS:
                self._row_written = now
                self._update(progress=min(1.0, event.done / max(1, event.total)))
        elif isinstance(event, events.Metrics):
            with (self.record.folder / METRICS_FILE).open("a", encoding="utf-8") as sink:
                sink.write(to_json(event) + "\n")
        elif isinstance(event, events.Log):
            worker.note(f"{event.level}: {event.text}")
        elif isinstance(event, events.Failed) and event.details:
            worker.note(event.details)
        self._tell(self.event, event)

    def _was_asked(self) -> bool:
        return self._asked is not None

    def _update(
        self, *, state: JobState | None = None, progress: float | None = None, message: str = ""
    ) -> None:
        """Write the row. A project that was closed under us is settled when it is next opened."""
        if state is JobState.DONE:
            progress = 1.0
        known = self.record
        self.record = replace(
            known,
            state=state or known.state,
            progress=known.progress if progress is None else progress,
            message=message,
        )
        try:
            self._project.update_job(
                known.id, state=state, progress=progress, message=message if state else None
            )
        except DefectStudioError as error:
            self._note(f"the job's row could not be written: {error}")

    def _tell(self, signal: SignalInstance, value: object) -> None:
        """Emit; a listener's fault is written down and does not end the job."""
        try:
            signal.emit(value)
        except EmitLoopError:
            self._note(traceback.format_exc())

    def _note(self, text: str) -> None:
        # A full disk has no room for this line; the job still has to end.
        with (
            contextlib.suppress(OSError),
            (self.record.folder / LOG_FILE).open("a", encoding="utf-8") as sink,
        ):
            sink.write(text + "\n")


def start_job(
    project: Project, kind: str, title: str, make_spec: Callable[[Path], JobSpec], accept: Accept
) -> RunningJob:
    """Make the job's row and folder, write its specification and start its worker.

    make_spec gets the run folder. Raises ProjectError and what make_spec raises, which ends the
    job FAILED, as does all that goes wrong later.
    """
    return _launch(project, project.add_job(kind, title), make_spec, accept)


def resume_job(
    project: Project, job_id: int, make_spec: Callable[[Path], JobSpec], accept: Accept
) -> RunningJob:
    """Run a job again in its own folder; waits for a worker that still writes there.

    Raises JobError when another process owns the job.
    """
    return _launch(project, project.claim_job(job_id), make_spec, accept)


def _launch(
    project: Project, record: JobRecord, make_spec: Callable[[Path], JobSpec], accept: Accept
) -> RunningJob:
    try:
        write_json(record.folder / JOB_FILE, make_spec(record.folder))
        running = project.update_job(record.id, state=JobState.RUNNING, message="")
    except OSError as error:
        failure = _disk_failed(error, record.folder)
        project.update_job(record.id, state=JobState.FAILED, message=str(failure))
        raise failure from error
    except BaseException as error:
        project.update_job(record.id, state=JobState.FAILED, message=str(error))
        raise
    return RunningJob(project, running, accept)


def _wait_for_run(folder: Path, asked: Callable[[], bool]) -> None:
    """Wait until no worker of an earlier owner writes into the run folder."""
    lock = FileLock(folder / RUN_LOCK, thread_local=False)
    deadline = time.monotonic() + _RUN_LOCK_SECONDS
    while not asked():
        try:
            with lock.acquire(timeout=0.2):
                return
        except Timeout:
            if time.monotonic() > deadline:
                raise JobError(
                    "an earlier worker of this job still runs",
                    subject=folder,
                    remedy="End that process, then resume.",
                ) from None


def _disk_failed(error: OSError, folder: Path) -> JobError:
    return JobError(
        f"the job's folder cannot be used ({error.strerror or error})",
        subject=error.filename or folder,
        remedy="Free some space or allow writing there, then start the job again.",
    )
