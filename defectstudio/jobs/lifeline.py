"""Workers end with this process, on Windows: they belong to a job object that does.

On Linux a worker asks the system for the same itself (worker.owner).
"""

from __future__ import annotations

import ctypes
import functools
import subprocess
import sys

_EXTENDED_LIMITS, _KILL_ON_CLOSE = 9, 0x2000
"""Source: winnt.h, JobObjectExtendedLimitInformation and JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE."""


class _BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_memory", ctypes.c_size_t),
        ("most_memory", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )


class Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", _BasicLimits),
        ("io", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    )


if sys.platform == "win32":

    def bind(process: subprocess.Popen[bytes]) -> None:
        """Let a process end, with all that it starts, when this one does."""
        assign = ctypes.windll.kernel32.AssignProcessToJobObject
        assign(ctypes.c_void_p(_job()), ctypes.c_void_p(int(process._handle)))  # type: ignore[attr-defined]

    @functools.cache
    def _job() -> int:
        """The handle of this process's job object. It is never closed: the system does that at our
        end, however it comes."""
        kernel = ctypes.windll.kernel32
        kernel.CreateJobObjectW.restype = ctypes.c_void_p
        job = kernel.CreateJobObjectW(None, None)
        limits = Limits()
        limits.basic.flags = _KILL_ON_CLOSE
        size = ctypes.sizeof(limits)
        kernel.SetInformationJobObject(
            ctypes.c_void_p(job), _EXTENDED_LIMITS, ctypes.byref(limits), size
        )
        return int(job or 0)

else:

    def bind(process: subprocess.Popen[bytes]) -> None:
        """The process asks for it itself."""
