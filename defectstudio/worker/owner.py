"""No process outlives the one that started it, not even one that hangs."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from defectstudio.domain.parts import OWNER

_PR_SET_PDEATHSIG = 1
"""Source: prctl(2), linux/prctl.h."""


def die_with_owner() -> None:
    """In a worker that has one: see `die_with`."""
    if OWNER in os.environ:
        die_with(int(os.environ[OWNER]))


def die_with(owner: int) -> None:
    """From now on let the system kill this process when its parent, the process `owner`, dies.

    Pipes tell of that too, but a process that is stopped, or stuck in native code with Python's
    lock held, hears nothing. The signal comes when the *thread* that started this process ends:
    whoever starts one waits for it on the same thread. Only Linux knows this; on Windows the owner
    sees to it (jobs.lifeline), elsewhere pipes must do.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != owner and owner not in _ancestors():
        os._exit(1)  # it died before the system was told


def _ancestors() -> set[int]:
    """A frozen program may stand between a worker and its owner."""
    import psutil  # dear to import, and hardly ever needed

    return {one.pid for one in psutil.Process().parents()}
