"""The event channel: JSON lines on the process's own stdout, kept from everything else."""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback

from defectstudio.domain.errors import DefectStudioError, UserError
from defectstudio.domain.events import Event, Failed, encode


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
            error = UserError(
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


def _lacks_memory(error: BaseException) -> bool:
    """Of the processor or the graphics card; torch says so in a RuntimeError of its own."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        words in said for words in ("out of memory", "not enough memory", "can't allocate memory")
    )
