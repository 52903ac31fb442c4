"""The queue of the open project, as this window watches and steers it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from defectstudio.app.again import once_more
from defectstudio.app.run_files import PICTURE, last_picture, read_log, read_metrics
from defectstudio.app.runs import rename_run
from defectstudio.app.splitting import complete_split
from defectstudio.app.training import start_training
from defectstudio.app.training_order import GeneratorOrder
from defectstudio.domain import events
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.dialogs.train import TrainChoice
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.launching import keep_going
from defectstudio.project.project import Project, item_named
from defectstudio.project.unused import size_of

LOOK_MS, IDLE_MS = 300, 2000
"""Between two looks at the queue: while jobs are under way, and else."""
KEEP_SECONDS = 3.0
"""Between two looks whether the queue's supervisor lives."""

_MADE = {
    "import": ("items", "classes", "images"),
    "train": ("generators",),
    "train_segmenter": ("segmenters",),
    "synthesize": ("samples",),
}
"""The tables that a kind of job changes in the supervisor's process, unseen by this one."""


@dataclass
class _Seen:
    """What one look found: the jobs, what they said, those that ended, and their errors."""

    jobs: list[JobRecord]
    heard: list[tuple[int, events.Event]] = field(default_factory=list)
    ended: list[FollowedJob] = field(default_factory=list)
    failures: dict[int, DefectStudioError] = field(default_factory=dict)


class JobControl(QObject):
    """Queues, watches and steers jobs; those of other windows and commands as well.

    progressed: a job's (id, done, total); measured: the id of a job with new metrics; logged:
    (id, line); pictured: (id, pixels), what a training draws by now, None where nothing is drawn;
    opened: (id, log) of a job whose files are read; weighed: (id, bytes) of the folder of one that
    is over; ended: the final record; started: a record;
    failed: an error; aged: the list of jobs is another one.
    """

    progressed = Signal(int, int, int)
    measured = Signal(int)
    logged = Signal(int, str)
    pictured = Signal(int, object)
    opened = Signal(int, str)
    weighed = Signal(int, object)
    started = Signal(object)
    ended = Signal(object)
    failed = Signal(object)
    aged = Signal()

    def __init__(self, project: Project, bridge: Bridge, files: Background) -> None:
        super().__init__()
        self._project, self._files = project, files
        self._looker = Background("jobs", bridge)
        self._jobs: list[JobRecord] = []
        self._followed: dict[int, FollowedJob] = {}
        self._metrics: dict[int, list[events.Metrics]] = {}
        self._kept = 0.0
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look_soon)
        self._timer.start(0)

    # --- what a person does

    def start(
        self,
        start: Callable[[], FollowedJob],
        failed: Callable[[DefectStudioError], object] | None = None,
    ) -> None:
        """Queue a job; what it takes to describe it is done off the window's thread. failed: is
        told, in place of the signal, when it cannot be queued."""
        self._files.run(start, self._started, failed or self.failed.emit)

    def train(self, item: str, choice: TrainChoice) -> None:
        """Queue the training of a generator; images that are in no split are dealt out first."""
        order = GeneratorOrder(
            choice.name, choice.kind, item, choice.references, choice.overrides, choice.device
        )

        def start() -> FollowedJob:
            if not choice.references:
                complete_split(self._project, item_named(self._project, item))
            return start_training(self._project, order)

        self.start(start)

    def once_more(self, job: JobRecord) -> None:
        """Go on with a job that did not reach its end, or start it again."""
        self.start(lambda: once_more(self._project, job))

    def cancel(self, job_id: int) -> None:
        """Stop a job; one that runs leaves a checkpoint."""
        self._do(lambda: self._project.ask_job(job_id, JobState.CANCELLED))

    def pause(self, job_id: int) -> None:
        """Stop a job at a checkpoint until it is resumed."""
        self._do(lambda: self._project.ask_job(job_id, JobState.PAUSED))

    def prioritize(self, job_id: int, priority: int) -> None:
        """Let a job start before those of a lower priority."""
        self._do(lambda: self._project.prioritize_job(job_id, priority))

    def remove(self, job_id: int) -> None:
        """Forget a job that has ended, with its folder."""
        self._metrics.pop(job_id, None)
        self._do(lambda: self._project.remove_job(job_id))

    def rename(self, job: JobRecord, title: str) -> None:
        """Give a job that is over another name."""
        self._do(lambda: rename_run(self._project, job, title))

    def pause_all(self) -> None:
        """Pause what is queued or runs; the project is about to be closed."""
        for job in self._under_way():
            try:
                self._project.ask_job(job.id, JobState.PAUSED)
            except DefectStudioError:
                continue  # it has ended meanwhile

    # --- what there is

    def is_running(self, job_id: int) -> bool:
        """Whether somebody works on the job."""
        return any(job.id == job_id and job.state.is_owned for job in self._jobs)

    @property
    def count(self) -> int:
        """How many jobs are queued or run."""
        return len(self._under_way())

    @property
    def is_starting(self) -> bool:
        """Whether jobs start up and none is further."""
        owned = [job for job in self._jobs if job.state.is_owned]
        return bool(owned) and all(job.is_starting for job in owned)

    def heed(self, jobs: list[JobRecord]) -> None:
        """These are the jobs by now; the last look may be older."""
        self._jobs = jobs

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

    def weigh(self, job: JobRecord) -> None:
        """See how large the folder of a job is; `weighed` tells."""
        self._looker.run(
            lambda: size_of(job.folder),
            lambda found: self.weighed.emit(job.id, found),
            self.failed.emit,
        )

    def close(self) -> None:
        """Look no longer; the supervisor goes on with the queue."""
        self._closed = True
        self._timer.stop()
        self._looker.close()

    # --- looking

    def _under_way(self) -> list[JobRecord]:
        return [j for j in self._jobs if j.state.is_owned or j.state is JobState.QUEUED]

    def _look_soon(self) -> None:
        if not self._closed:
            self._looker.run(self._look, self._saw, self._could_not_look)

    def _look(self) -> _Seen:
        """On the looker's thread."""
        if time.monotonic() - self._kept > KEEP_SECONDS:
            self._kept = time.monotonic()
            keep_going(self._project)
        seen = _Seen(self._project.jobs())
        for job in seen.jobs:
            if not job.state.is_over and job.id not in self._followed:
                self._followed[job.id] = FollowedJob(self._project, job)
        known = {job.id for job in seen.jobs}
        for job_id, followed in list(self._followed.items()):
            if job_id not in known:
                del self._followed[job_id]
                continue
            seen.heard += [(job_id, event) for event in followed.look()]
            if followed.record.state.is_over:
                seen.ended.append(self._followed.pop(job_id))
                if followed.failure is not None:
                    seen.failures[job_id] = followed.failure
        return seen

    def _saw(self, seen: _Seen) -> None:
        changed, self._jobs = seen.jobs != self._jobs, seen.jobs
        try:
            for job_id, event in seen.heard:
                self._heard(job_id, event)
            for followed in seen.ended:
                self._ended(followed.record, seen.failures.get(followed.record.id))
        finally:  # a fault in what hears of it must not end the looking
            if changed:
                self.aged.emit()
            self._timer.start(LOOK_MS if self._under_way() else IDLE_MS)

    def _could_not_look(self, error: DefectStudioError) -> None:
        self.failed.emit(error)
        self._timer.start(IDLE_MS)

    def _do(self, act: Callable[[], object]) -> None:
        self._files.run(act, lambda _: self._look_now(), self.failed.emit)

    def _look_now(self) -> None:
        if not self._closed:
            self._timer.start(0)

    def _started(self, job: FollowedJob) -> None:
        self._metrics[job.record.id] = read_metrics(job.record.folder)
        self._followed.setdefault(job.record.id, job)
        self.started.emit(job.record)
        self._look_now()

    def _heard(self, job_id: int, event: events.Event) -> None:
        if isinstance(event, events.Progress):
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

    def _ended(self, record: JobRecord, failure: DefectStudioError | None) -> None:
        if failure is not None:
            self.failed.emit(failure)
        if record.state is JobState.DONE:
            for table in _MADE.get(record.kind, ()):
                self._project.changed.emit(table)
        self.ended.emit(record)
