"""A warm worker that answers preview requests; started again, with growing pauses, when it dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from defectstudio.domain import events
from defectstudio.domain.errors import DefectStudioError, JobError
from defectstudio.domain.files import to_json
from defectstudio.domain.specs import PreviewRequest
from defectstudio.jobs import process
from defectstudio.jobs.process import WorkerProcess

NICE = 5
"""Behind the window, ahead of a training."""

_CALM_SECONDS = 30.0
_CLOSE_SECONDS = 3.0


class PreviewWorker:
    """Keeps one `--preview` worker alive from the first request to `close`.

    on_event gets every event on the worker's thread. on_death gets an error each time the
    process ends unasked: whatever was asked of it will not be answered. A new process starts
    after the pause, and `send` before that fails softly.
    """

    def __init__(
        self,
        log: Path,
        on_event: Callable[[events.Event], None],
        on_death: Callable[[DefectStudioError], None],
        *,
        pauses: tuple[float, ...] = (0.2, 1.0, 5.0, 15.0),
    ) -> None:
        self._log = log
        self._on_event = on_event
        self._on_death = on_death
        self._pauses = pauses
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._process: WorkerProcess | None = None
        self._thread = threading.Thread(target=self._keep, name="preview-worker", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process id, None between two processes."""
        with self._changed:
            return self._process.pid if self._process else None

    def send(self, request: PreviewRequest, timeout: float = 20.0) -> bool:
        """Hand a request over; False when no process took it within `timeout` seconds."""
        with self._changed:
            ready = self._changed.wait_for(self._settled, timeout)
            worker = self._process
        return bool(ready and worker and worker.say(to_json(request)))

    def close(self) -> None:
        """End the process and the thread."""
        self._closing.set()
        with self._changed:
            worker = self._process
            self._changed.notify_all()
        if worker is not None:
            worker.hang_up()
            worker.stop(_CLOSE_SECONDS, _CLOSE_SECONDS)
        self._thread.join()

    def _settled(self) -> bool:
        return self._process is not None or self._closing.is_set()

    def _keep(self) -> None:
        deaths = 0
        while not self._closing.is_set():
            born = time.monotonic()
            error = self._live()
            if self._closing.is_set():
                return
            deaths = 0 if time.monotonic() - born > _CALM_SECONDS else deaths
            self._on_death(error)
            self._closing.wait(self._pauses[min(deaths, len(self._pauses) - 1)])
            deaths += 1

    def _live(self) -> DefectStudioError:
        """One process from start to end; the error says why it ended."""
        try:
            worker = WorkerProcess((*process.WORKER, "--preview"), self._log, nice=NICE)
        except JobError as error:
            return error
        self._publish(worker)
        try:
            for event in worker.events():
                self._on_event(event)
        finally:
            self._publish(None)
            code = worker.close(_CLOSE_SECONDS)
        return JobError(
            f"the preview worker ended ({process.describe_exit(code)}); it is started again",
            subject=self._log,
            remedy=worker.last_words(),
        )

    def _publish(self, worker: WorkerProcess | None) -> None:
        with self._changed:
            self._process = worker
            self._changed.notify_all()
        if worker is not None and self._closing.is_set():
            worker.hang_up()  # close() came between the start and this line
