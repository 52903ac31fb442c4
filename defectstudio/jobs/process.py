"""A worker process: started low in priority, heard line by line, always reaped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from defectstudio.domain import events
from defectstudio.domain.errors import InternalError, JobError
from defectstudio.domain.parts import OWNER, is_frozen, start_of
from defectstudio.jobs import lifeline

WORKER: tuple[str, ...] = start_of("worker")
"""The entry of a worker. Read at call time, so that tests put their own script here."""

NICE = 10
"""Painting beside a training stays smooth with this (measured: p95 5.9-9.1 ms, idle 6.4)."""

CANCEL_SECONDS = 10.0
TERMINATE_SECONDS = 5.0
_DRAIN_SECONDS = 5.0
_TAIL_LINES = 12
_TAIL_BYTES = 16_384


class WorkerProcess:
    """One child with three channels: requests on stdin, events on stdout, the rest to a log file.

    Closing stdin tells the child that its owner is gone; a worker does not outlive its owner in any
    case, nor the thread that started it. One thread iterates `events`; `say`, `hang_up` and `stop`
    may be called from any thread; `close` ends it all, whatever its state.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        nice: int = NICE,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """extra: of the environment. Raises JobError when the process cannot be started."""
        self.log = log
        self._writing = threading.Lock()
        self._drained = threading.Event()
        self._stopping = threading.Lock()
        self._stopper: threading.Thread | None = None
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            self._log_start = sink.tell()
            self._process = _spawn(command, sink.fileno(), nice, extra or {})
        self._watcher = threading.Thread(target=self._watch, name="worker-watch", daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def events(self) -> Iterator[events.Event]:
        """Events until the child closes its stdout. A line that is no event goes to the log."""
        stdout = self._process.stdout
        assert stdout is not None
        for raw in stdout:
            line = raw.decode("utf-8", "replace").strip()
            if not line:
                continue
            try:
                event = events.decode(line)
            except InternalError:
                self.note(line)
                continue
            yield event
        self._drained.set()

    def say(self, line: str) -> bool:
        """Write one line to the child's stdin; False when it no longer listens."""
        stdin = self._process.stdin
        assert stdin is not None
        with self._writing:
            try:
                stdin.write(line.encode("utf-8") + b"\n")
                stdin.flush()
            except (OSError, ValueError):
                return False
        return True

    def hang_up(self) -> None:
        """Close the child's stdin: it checkpoints and ends as if its owner had died."""
        stdin = self._process.stdin
        assert stdin is not None
        if not self._writing.acquire(timeout=TERMINATE_SECONDS):
            self.kill()  # a write is stuck: the child reads no more
            self._writing.acquire()
        try:
            with contextlib.suppress(OSError):
                stdin.close()
        finally:
            self._writing.release()

    def stop(self, patience: float = CANCEL_SECONDS, terminate: float = TERMINATE_SECONDS) -> None:
        """Give the child `patience` seconds to end by itself, then terminate, then kill it.

        Returns at once; the waiting is done on a thread of its own.
        """
        # Under a lock: a child that ends at once is closed meanwhile, on another thread.
        with self._stopping:
            if self._stopper is None:
                self._stopper = threading.Thread(
                    target=self._insist, args=(patience, terminate), name="worker-stop", daemon=True
                )
                self._stopper.start()

    def kill(self) -> None:
        """End the child and its children now."""
        if self._process.poll() is None:
            self._signal_group(_KILL)
            self._process.kill()

    def close(self, patience: float = _DRAIN_SECONDS) -> int:
        """Wait for the child, at most `patience` seconds before it is killed; free everything.

        Returns the exit code; a negative one names a signal (POSIX).
        """
        self.hang_up()
        try:
            code = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        self._drained.set()
        self._watcher.join()
        with self._stopping:
            if self._stopper is not None:
                self._stopper.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def note(self, text: str) -> None:
        """Append a line of our own to the log."""
        with self.log.open("ab") as sink:
            sink.write(text.encode("utf-8") + b"\n")

    def last_words(self) -> str:
        """The last lines this child left in its log."""
        with self.log.open("rb") as source:
            end = source.seek(0, os.SEEK_END)
            source.seek(max(self._log_start, end - _TAIL_BYTES))
            text = source.read().decode("utf-8", "replace")
        return "\n".join(deque(filter(str.strip, text.splitlines()), maxlen=_TAIL_LINES))

    def _watch(self) -> None:
        """Reap the child. A grandchild that holds stdout open must not keep the reader waiting."""
        self._process.wait()
        if not self._drained.wait(_DRAIN_SECONDS):
            self._signal_group(_KILL)

    def _insist(self, patience: float, terminate: float) -> None:
        for wait, act in ((patience, self._terminate), (terminate, self.kill)):
            try:
                self._process.wait(wait)
                return
            except subprocess.TimeoutExpired:
                act()

    def _terminate(self) -> None:
        self._process.terminate()

    def _signal_group(self, number: int) -> None:
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


_KILL = int(getattr(signal, "SIGKILL", signal.SIGTERM))


def describe_exit(code: int) -> str:
    """What an exit code says, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return name


def ended_from_outside(code: int) -> bool:
    """Whether the exit code is that of a process somebody stopped, not one that broke."""
    names = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
    return code < 0 and -code in {int(getattr(signal, n)) for n in names if hasattr(signal, n)}


def worker_environment() -> dict[str, str]:
    """The environment of a worker: one core left to the window, this very package, UTF-8.

    Thread counts that the user has set are left alone.
    """
    environment = dict(os.environ)
    threads = str(max(1, _cores() - 1))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.setdefault(name, threads)
    environment["PYTHONUTF8"] = "1"
    # The child must not import from whatever folder the user stands in.
    environment["PYTHONSAFEPATH"] = "1"
    source = Path(__file__).resolve().parents[2]
    if not is_frozen() and source.name not in ("site-packages", "dist-packages"):
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(source), known)))
    return environment


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _spawn(
    command: Sequence[str], log: int, nice: int, extra: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = (
            subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
            | subprocess.CREATE_NO_WINDOW
        )
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**worker_environment(), OWNER: str(os.getpid()), **extra},
            creationflags=flags,
            # A session of its own: Ctrl-C in the terminal is for us, we tell the worker.
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise JobError(
            f"the worker process cannot be started: {error}",
            subject=command[0],
            remedy="Free memory or processes and try again; `defectstudio doctor` checks the rest.",
        ) from error
    lifeline.bind(process)
    if sys.platform != "win32":
        _lower(process.pid, nice)
    return process


def _lower(pid: int, nice: int) -> None:
    """From here, not by preexec_fn, which is unsafe in a process with threads."""
    level = max(nice, os.getpriority(os.PRIO_PROCESS, 0))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpriority(os.PRIO_PROCESS, pid, level)
    # Linux weighs sessions against each other, not the processes in them: sched(7), autogroup.
    group = Path(f"/proc/{pid}/autogroup")
    with contextlib.suppress(OSError):
        if group.exists():
            group.write_text(str(level), encoding="ascii")
