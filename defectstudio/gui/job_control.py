"""The jobs this window started, and those the project remembers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from defectstudio.app.again import once_more
from defectstudio.app.pace import Pace
from defectstudio.app.run_files import PICTURE, last_picture, read_log, read_metrics
from defectstudio.app.training import start_training
from defectstudio.domain import events
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.dialogs.train import TrainChoice
from defectstudio.jobs.running import RunningJob
from defectstudio.project.project import Project

OTHERS_MS = 3000
"""Jobs of other programs are looked at about this often."""
LIVE = (JobState.QUEUED, JobState.RUNNING)


class JobControl(QObject):
    """Starts, watches and cancels jobs.

    progressed: a job's (id, done, total); measured: the id of a job with new metrics; logged:
    (id, line); pictured: (id, pixels), what a training draws by now, None where nothing is drawn;
    opened: (id, log) of a job whose files are read; ended: the final record; started: a record;
    failed: an error.
    """

    progressed = Signal(int, int, int)
    measured = Signal(int)
    logged = Signal(int, str)
    pictured = Signal(int, object)
    opened = Signal(int, str)
    started = Signal(object)
    ended = Signal(object)
    failed = Signal(object)
    aged = Signal()

    def __init__(self, project: Project, bridge: Bridge, files: Background) -> None:
        super().__init__()
        self._project, self._bridge, self._files = project, bridge, files
        self._running: dict[int, RunningJob] = {}
        self._begun: list[RunningJob] = []
        self._paces: dict[int, Pace] = {}
        self._metrics: dict[int, list[events.Metrics]] = {}
        self._others = QTimer(self)
        self._others.setSingleShot(True)
        self._others.setInterval(OTHERS_MS)
        self._others.timeout.connect(self._look_at_others)

    def start(
        self,
        start: Callable[[], RunningJob],
        failed: Callable[[DefectStudioError], object] | None = None,
    ) -> None:
        """Start a job; what it takes to describe it is done off the window's thread. failed: is
        told, in place of the signal, when it cannot be started."""

        def begin() -> RunningJob:
            job = start()
            self._begun.append(job)
            return job

        self._files.run(begin, self._started, failed or self.failed.emit)

    def train(self, item: str, choice: TrainChoice) -> None:
        """Start the training of a generator."""
        self.start(
            lambda: start_training(
                self._project,
                name=choice.name,
                kind=choice.kind,
                item=item,
                references=choice.references,
                overrides=choice.overrides,
                device=choice.device,
            )
        )

    def once_more(self, job: JobRecord) -> None:
        """Go on with a job that did not reach its end, or start it again."""
        self.start(lambda: once_more(self._project, job))

    def cancel(self, job_id: int) -> None:
        """Ask a job of this window to stop; it leaves a checkpoint."""
        if job_id in self._running:
            self._running[job_id].cancel()

    def remove(self, job_id: int) -> None:
        """Forget a job that has ended, with its folder."""
        self._metrics.pop(job_id, None)
        project = self._project
        self._files.run(lambda: project.remove_job(job_id), lambda _: None, self.failed.emit)

    def notice(self, jobs: list[JobRecord]) -> None:
        """While another program runs one of these, tell every few seconds that it may be read."""
        if any(job.state in LIVE and not self.is_running(job.id) for job in jobs):
            self._others.start()

    def is_running(self, job_id: int) -> bool:
        """Whether the job belongs to this window and runs."""
        return job_id in self._running

    @property
    def count(self) -> int:
        """How many jobs run."""
        return len(self._running)

    def seconds_left(self, job_id: int) -> float | None:
        """How long a job of this window will still take, where that can be told."""
        return self._paces[job_id].seconds_left if job_id in self._paces else None

    def metrics(self, job_id: int) -> list[events.Metrics]:
        """The figures of a running or opened job, oldest first."""
        return self._metrics.get(job_id, [])

    def open(self, job_id: int) -> None:
        """Read the job's log and figures off the window's thread; `opened` tells of them."""
        folder = self._project.job(job_id).folder
        known = job_id in self._metrics

        def read() -> tuple[str, list[events.Metrics]]:
            return read_log(folder), [] if known else read_metrics(folder)

        def done(found: tuple[str, list[events.Metrics]]) -> None:
            self._metrics.setdefault(job_id, found[1])
            self.opened.emit(job_id, found[0])

        self._files.run(read, done, self.failed.emit)
        self._show_picture(job_id)

    def close(self, seconds: float = 20) -> None:
        """Let the workers go: they leave a checkpoint and can be resumed."""
        self._others.stop()
        # What is being started now is let go as well; nobody would hear of it any more.
        self._files.finish(lambda: None)
        jobs = [*self._begun, *self._running.values()]
        for job in jobs:
            job.interrupt()
        for job in jobs:
            job.wait(seconds)
        self._running.clear()

    def _look_at_others(self) -> None:
        """A program that died leaves its jobs running; they are said to be interrupted."""
        project = self._project
        self._files.run(project.settle_orphans, lambda _: self.aged.emit(), self.failed.emit)

    def _started(self, job: RunningJob) -> None:
        job_id = job.record.id
        self._begun.remove(job)
        self._running[job_id], self._paces[job_id] = job, Pace()
        self._metrics[job_id] = read_metrics(job.record.folder)
        self._bridge.relay(job.event, lambda event: self._heard(job_id, event))
        self._bridge.relay(job.ended, lambda record: self._ended(job_id, record))
        self.started.emit(job.record)
        if job.record.state not in LIVE:
            self._ended(job_id, job.record)

    def _heard(self, job_id: int, event: events.Event) -> None:
        if isinstance(event, events.Progress):
            if job_id in self._paces:
                self._paces[job_id].step(event.done, event.total)
            self.progressed.emit(job_id, event.done, event.total)
        elif isinstance(event, events.Metrics):
            self._metrics.setdefault(job_id, []).append(event)
            self.measured.emit(job_id)
        elif isinstance(event, events.Log):
            self.logged.emit(job_id, f"{event.level}: {event.text}")
        elif isinstance(event, events.Artifact) and event.role == PICTURE:
            self._show_picture(job_id)
        elif isinstance(event, events.Started):
            text = self.tr("Computing on {} for {} steps").format(event.device, event.total)
            self.logged.emit(job_id, f"info: {text}")

    def _show_picture(self, job_id: int) -> None:
        folder = self._project.job(job_id).folder
        self._files.run(
            lambda: last_picture(folder),
            lambda pixels: self.pictured.emit(job_id, pixels),
            self.failed.emit,
        )

    def _ended(self, job_id: int, record: JobRecord) -> None:
        job = self._running.pop(job_id, None)
        self._paces.pop(job_id, None)
        if job is None:
            return
        if job.failure is not None:
            self.failed.emit(job.failure)
        self.ended.emit(record)
