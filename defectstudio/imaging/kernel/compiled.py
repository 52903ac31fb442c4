"""Blends by the compiled core: jobs as C structures, on threads of its own, without the GIL."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.kernel.job import Job

_MODES = {"alpha": 0, "poisson": 1, "improved": 2}
_TYPES = {np.dtype(np.uint8): 0, np.dtype(np.uint16): 1, np.dtype(np.float32): 2}


class _Job(ctypes.Structure):
    """`struct Job` of blend.cpp, field by field."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("background", "content", "mask", "out")),
        *((f"{name}_stride", ctypes.c_int64) for name in ("background", "content", "mask", "out")),
        *((name, ctypes.c_int32) for name in ("height", "width", "channels")),
        *((name, ctypes.c_int32) for name in ("type", "content_type")),
        *((name, ctypes.c_int32) for name in ("mode", "ramp", "retention")),
        ("sides", ctypes.c_int32 * 4),
        *((name, ctypes.c_float) for name in ("scale", "highest", "tolerance")),
        ("offset", ctypes.c_void_p),
        ("bad", ctypes.c_int32),
    ]


def run(
    library: ctypes.CDLL,
    jobs: Sequence[Job],
    threads: int,
    offsets: Sequence[NDArray[np.float32]] | None = None,
) -> list[bool]:
    """Blend all jobs into their `out`; whether each content held only numbers.

    offsets: where the membranes (h, w, c) go, before rounding, for measurements. Raises
    MemoryError when a job found no memory.
    """
    passed = (_Job * len(jobs))(*map(_passed, jobs))
    if offsets is not None:
        for each, offset in zip(passed, offsets, strict=True):
            each.offset = offset.ctypes.data
    if library.ds_blend(passed, ctypes.c_int64(len(jobs)), ctypes.c_int32(threads)):
        raise MemoryError("no memory for a blend")
    return [not each.bad for each in passed]


def _passed(job: Job) -> _Job:
    height, width, channels = job.background.shape
    planes = (job.background, job.content, job.mask, job.out)
    return _Job(
        *(plane.ctypes.data for plane in planes),
        *(plane.strides[0] for plane in planes),
        height,
        width,
        channels,
        _TYPES[job.background.dtype],
        _TYPES[job.content.dtype],
        _MODES[job.settings.mode],
        job.settings.ramp_px,
        job.settings.retention_px,
        job.sides,
        job.scale,
        0.0 if job.background.dtype == np.float32 else job.full,
        job.tolerance,
    )
