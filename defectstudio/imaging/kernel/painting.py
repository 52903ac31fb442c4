"""Painting by the compiled core: a brush along a segment, and the smaller copies of a plane.

The GIL is kept: a call takes microseconds, and to get it back may take more than all of them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.kernel import loading

Plane = NDArray[np.uint8]


class View(ctypes.Structure):
    """`struct View` of paint.hpp, field by field."""

    _fields_ = [
        ("pixels", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("stride", "top", "left", "height", "width")),
    ]


class Sweep(ctypes.Structure):
    """`struct Sweep` of paint.hpp, field by field."""

    _fields_ = [
        (name, ctypes.c_double)
        for name in ("row", "column", "down", "across", "touching", "radius")
    ]


class _Level(ctypes.Structure):
    """`struct Level` of paint.hpp, field by field."""

    _fields_ = [
        ("cells", ctypes.c_void_p),
        ("height", ctypes.c_int64),
        ("width", ctypes.c_int64),
    ]


class Pyramid:
    """The levels of a plane, known to the core. It does not keep them."""

    def __init__(self, levels: Sequence[Plane], core: ctypes.PyDLL) -> None:
        """levels: contiguous, each half of the one before."""
        self._refresh, self._count = core.ds_refresh, len(levels)
        self._levels = (_Level * len(levels))(
            *(_Level(level.ctypes.data, *level.shape) for level in levels)
        )

    def refresh(self, top: int, left: int, bottom: int, right: int) -> None:
        """Bring all levels up to date below a box of the first, up to the last that changes."""
        self._refresh(self._levels, self._count, top, left, bottom, right)


def core() -> ctypes.PyDLL | None:
    """The library; None means: take the fallback."""
    library = loading.library()
    return None if library is None else _opened(library)


def sweep(core: ctypes.PyDLL, view: View, sweep: Sweep, source: int | Plane) -> None:
    """Copy `source`, a value or an array of the view's shape, to what the brush reaches."""
    if isinstance(source, int):
        core.ds_sweep(view, sweep, None, 0, source)
    else:
        core.ds_sweep(view, sweep, source.ctypes.data, source.strides[0], 0)


@cache
def _opened(library: ctypes.CDLL) -> ctypes.PyDLL:
    core = ctypes.PyDLL(library._name, handle=library._handle)
    core.ds_sweep.argtypes = [
        *(ctypes.POINTER(View), ctypes.POINTER(Sweep), ctypes.c_void_p),
        *(ctypes.c_int64, ctypes.c_uint8),
    ]
    core.ds_refresh.argtypes = [ctypes.POINTER(_Level), *[ctypes.c_int64] * 5]
    core.ds_sweep.restype = core.ds_refresh.restype = None
    return core
