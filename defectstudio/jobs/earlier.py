"""Workers of a supervisor that died: whoever goes on with their job waits for them, then ends
them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from defectstudio.domain.errors import JobError
from defectstudio.domain.files import read_json, write_json
from defectstudio.domain.specs import JOB_FILE, RUN_LOCK

WORKER_FILE = "worker.json"
"""In a run folder: the process id of its worker."""

_CHECKPOINT_SECONDS = 15.0
"""A worker whose supervisor died leaves a checkpoint and goes; after so long it is killed."""
_RUN_LOCK_SECONDS = 30.0


def note_worker(folder: Path, pid: int) -> None:
    """Write down which process works in the run folder."""
    write_json(folder / WORKER_FILE, {"pid": pid})


def wait_for_run(folder: Path, asked: Callable[[], bool]) -> None:
    """Wait until no worker of an earlier supervisor writes into the run folder.

    asked: whether the waiting is for nothing. Raises JobError for one that cannot be ended.
    """
    lock = FileLock(folder / RUN_LOCK, thread_local=False)
    began = time.monotonic()
    while not asked():
        try:
            with lock.acquire(timeout=0.2):
                _end_worker(folder)  # one that hangs beside its work, before or after it
                return
        except Timeout:
            waited = time.monotonic() - began
        if waited > _RUN_LOCK_SECONDS:
            raise JobError(
                "an earlier worker of this job still runs",
                subject=folder,
                remedy="End that process, then resume.",
            )
        if waited > _CHECKPOINT_SECONDS:
            _end_worker(folder)


def _end_worker(folder: Path) -> None:
    try:
        told = read_json(folder / WORKER_FILE)
        found = psutil.Process(int(told["pid"]))
        # A process id is given again. The time it began would tell, were clocks never set.
        if str(folder / JOB_FILE) in found.cmdline():
            found.kill()
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return
