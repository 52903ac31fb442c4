"""The event channel: JSON lines on the process's own stdout, kept from everything else."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback

import psutil

from defectstudio.domain.errors import DefectStudioError, OutOfMemory, UserError
from defectstudio.domain.events import Alive, Event, Failed, encode

BEAT_SECONDS, LEAVE_SECONDS = 5.0, 12.0
"""Between two signs of life, and until a worker whose owner is gone ends in any case."""


class Channel:
    """Emits events and listens for the owner.

    Taking the channel moves file descriptor 1 to a private copy and points 1 at stderr, so that
    a library that prints cannot break a line. The owner's stdin says "cancel"; its end means
    that the owner is gone. Other lines are requests (preview worker).
    """

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._lock = threading.Lock()
        self._why = ""
        self._beating = False
        self.requests: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="owner", daemon=True).start()

    def emit(self, event: Event) -> None:
        """Send one event; when the owner is gone the worker stops at its next look."""
        try:
            with self._lock:
                self._out.write(encode(event) + "\n")
                self._out.flush()
        except (BrokenPipeError, ValueError):
            self._why = self._why or "interrupted"

    def beat(self) -> None:
        """Give a sign of life every few seconds from now on."""
        threading.Thread(target=self._beat, name="alive", daemon=True).start()

    def stop(self) -> str:
        """ "" to go on, "cancelled" or "interrupted" to save and leave."""
        return self._why

    def fail(self, error: BaseException, request: int = 0) -> None:
        """Say what went wrong: the user's input or the world, or a bug of ours."""
        if isinstance(error, OSError) and not isinstance(error, DefectStudioError):
            error = UserError(
                error.strerror or str(error),
                subject=error.filename or "",
                remedy="Check the disk, the folder and its permissions.",
            )
        elif _lacks_memory(error):
            error = OutOfMemory(
                "the memory does not suffice",
                remedy="Use a smaller batch, a smaller crop or size, or another device.",
            )
        details = "".join(traceback.format_exception(error))
        fault = "user" if isinstance(error, UserError) else "ours"
        if isinstance(error, DefectStudioError):
            said = (error.reason, error.subject, error.remedy)
        else:
            said = (f"{type(error).__name__}: {error}", "", "")
        self.emit(Failed(type(error).__name__, fault, *said, details, request))

    def _listen(self) -> None:
        # The raw file: a buffered reader would hold its lock at exit and abort the interpreter.
        pending = b""
        while chunk := os.read(0, 1 << 16):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                if line.strip() == b"cancel":
                    self._why = "cancelled"
                elif line.strip():
                    self.requests.put(line.decode("utf-8"))
        self._why = self._why or "interrupted"
        self.requests.put(None)
        if self._beating:
            # Whoever goes on with the job waits for this process; a step may take for ever.
            time.sleep(LEAVE_SECONDS)
            os._exit(1)

    def _beat(self) -> None:
        self._beating = True
        process = psutil.Process()
        while not self._why:
            self.emit(Alive(_peak(process)))
            time.sleep(BEAT_SECONDS)


def _peak(process: psutil.Process) -> int:
    """The most bytes this process has used, where the system tells; else those it uses."""
    if sys.platform == "win32":
        return int(process.memory_info().peak_wset)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10


def _lacks_memory(error: BaseException) -> bool:
    """Of the processor or the graphics card; torch says so in a RuntimeError of its own."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        words in said for words in ("out of memory", "not enough memory", "can't allocate memory")
    )
