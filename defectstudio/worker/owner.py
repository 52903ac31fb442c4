"""No process outlives the one that started it, not even one that hangs."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

import psutil

_PR_SET_PDEATHSIG = 1
"""Source: prctl(2), linux/prctl.h."""


def die_with(owner: int) -> None:
    """Let the system kill this process when its parent, the process `owner`, dies.

    Pipes tell of that too, but a process that is stopped, or stuck in native code with Python's
    lock held, hears nothing. The signal comes when the *thread* that started this process ends:
    whoever starts one waits for it on the same thread. Only Linux knows this; on Windows the owner
    sees to it (jobs.lifeline), elsewhere pipes must do.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # It may have died before the system was told; a frozen program may stand between the two.
    if owner not in {one.pid for one in psutil.Process().parents()}:
        os._exit(1)
