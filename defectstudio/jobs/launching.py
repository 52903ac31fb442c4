"""One supervisor a project: a process of its own that outlives the window."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from pathlib import Path

from filelock import FileLock, Timeout

from defectstudio.domain.errors import JobError
from defectstudio.domain.files import read_json
from defectstudio.domain.parts import start_of
from defectstudio.jobs.process import worker_environment
from defectstudio.project.project import Project

SUPERVISOR: tuple[str, ...] = (*start_of("commands"), "jobs", "run")
"""The entry of a supervisor. Read at call time, so that tests put their own here."""

LOCK, ABOUT, LOG = "supervisor.lock", "supervisor.json", "supervisor.log"
"""In the project's folder: held while a supervisor lives, who it is, what it says."""

OUR_FAULT = 3
"""The exit status of a command that found no other: the next start will not do better."""

_TRIES = 3
_launched: dict[Path, subprocess.Popen[bytes]] = {}
_broken: dict[Path, int] = {}
_guard = threading.Lock()


class SupervisorLock:
    """Held by the supervisor of a project; the system frees it when that dies."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = FileLock(root / LOCK, thread_local=False)

    def take(self) -> bool:
        """Whether this process is the supervisor now. Raises JobError where nothing can be
        written."""
        try:
            self._lock.acquire(timeout=0.2)
        except Timeout:
            return False
        except OSError as error:
            raise JobError(
                f"jobs cannot be run there ({error.strerror or error})",
                subject=self._root,
                remedy="Allow writing to the project's folder.",
            ) from error
        return True

    def release(self) -> None:
        """Let another process be it."""
        self._lock.release()


def about(root: Path) -> dict[str, object] | None:
    """Who supervises the project: its process id and its last heartbeat; None for nobody."""
    if not _is_held(root):
        return None
    try:
        told = read_json(root / ABOUT)
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def is_supervised(root: Path) -> bool:
    """Whether a process works off the project's queue, or is just about to."""
    child = _launched.get(root)
    return (child is not None and child.poll() is None) or _is_held(root)


def _is_held(root: Path) -> bool:
    lock = FileLock(root / LOCK, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def ensure_supervisor(root: Path) -> None:
    """Start the project's supervisor unless it has one. Raises JobError when none can start."""
    with _guard:
        if not is_supervised(root):
            launch(root)


def launch(root: Path) -> None:
    """Start a supervisor that goes on when this process ends. Raises JobError."""
    _give_up_where_none_lives(root)
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    try:
        with (root / LOG).open("ab") as sink:
            _launched[root] = subprocess.Popen(
                [*SUPERVISOR, os.fspath(root)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=worker_environment(),
                creationflags=flags,
                start_new_session=sys.platform != "win32",
            )
    except OSError as error:
        raise JobError(
            f"the supervisor of the jobs cannot be started ({error.strerror or error})",
            subject=root,
            remedy="Free memory or disk and try again; `defectstudio jobs run` starts it by hand.",
        ) from error


def _give_up_where_none_lives(root: Path) -> None:
    """Who waits for a job must not wait for supervisors that all break as they start."""
    last = _launched.get(root)
    broken = last is not None and last.poll() == OUR_FAULT
    _broken[root] = _broken.get(root, 0) + 1 if broken else 0
    if _broken[root] < _TRIES:
        return
    del _broken[root], _launched[root]
    lines = (root / LOG).read_text("utf-8", "replace").splitlines()
    raise JobError(
        "the supervisor of the jobs breaks whenever it is started",
        subject=root,
        remedy=f"Its last words, in {LOG}: {' '.join(lines[-2:])}",
    )


def keep_going(project: Project) -> None:
    """See that somebody works on the project's queue: jobs whose owner died are settled, and where
    one can start or is worked on there is a supervisor. Raises JobError and ProjectError."""
    project.settle_orphans()
    if project.ready_jobs(math.inf):
        ensure_supervisor(project.root)
