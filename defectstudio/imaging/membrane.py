"""Smooth membranes: Laplace's equation on any set of pixels, in NumPy and OpenCV.

Conjugate gradients, preconditioned by one multigrid V-cycle (Tatebe 1993, "The multigrid
preconditioned conjugate gradient method"): four to eight steps up to a million pixels. A level is a
full grid over the mask's box, with unit links between its cells and a conductance to given values
that was measured to converge best; the natural one diverges (BLENDING). kernel/multigrid.hpp solves
the same equations on sparse tiles, 4 to 60 times faster up to a million pixels.

Planes are (h, w, c) or, for one channel, (h, w), as OpenCV returns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import scipy
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask

Floats = NDArray[np.float32]

_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
_WEIGHT = 0.83
"""Of a Jacobi sweep: 1 / the middle of the eigenvalues for which a coarser level is too coarse."""
_BOTTOM_CELLS = 800
"""Cells up to which a level is solved directly."""
_MOST_STEPS = 60
"""Eight were the most seen; what has not converged after so many is given as it is."""
_TOGETHER = 65_536
"""Pixels of a box up to which all channels are solved at once, by fewer calls; above, one after the
other takes a third of the memory."""


def neighbours(plane: Floats) -> Floats:
    """The sum over the four neighbours of each pixel; beyond the border there are zeros."""
    return cast(Floats, cv2.filter2D(plane, -1, _CROSS, borderType=cv2.BORDER_CONSTANT))


def solve(unknown: Mask, held: Floats, load: Floats, tolerance: float) -> Floats:
    """The membrane (h, w, c) over `unknown` bool (h, w), any topology; 0 elsewhere.

    held: (h, w), the number of given values that an unknown pixel is linked to, at least one in
    all; load: (h, w, c), their sum; both 0 where nothing is unknown. No flux passes where there is
    neither a link nor an unknown neighbour. tolerance: steps go on until the error is estimated to
    be smaller.
    """
    peak = cv2.norm(load, cv2.NORM_INF)
    if not peak > 0:
        return np.zeros_like(load)
    scaled, channels = load * np.float32(1 / peak), load.shape[2]
    together = channels if unknown.size <= _TOGETHER else 1
    levels = _levels(unknown, held, together)
    groups = [scaled[..., at : at + together] for at in range(0, channels, together)]
    solved = [_solve(levels, _plane(group), tolerance / peak) for group in groups]
    return np.concatenate([np.atleast_3d(each) for each in solved], axis=2) * np.float32(peak)


@dataclass(frozen=True)
class _Level:
    """One grid: where it has cells, links + conductance of each, and its inverse; 0 elsewhere."""

    exists: Floats
    diagonal: Floats
    inverse: Floats

    def applied(self, value: Floats) -> Floats:
        """-A value."""
        near = neighbours(value)
        cv2.multiply(near, self.exists, dst=near)
        return cast(Floats, cv2.subtract(near, cv2.multiply(value, self.diagonal), dst=near))

    def residual(self, value: Floats, load: Floats) -> Floats:
        """load - A value."""
        applied = self.applied(value)
        return cast(Floats, cv2.add(load, applied, dst=applied))

    def corrected(self, load: Floats, coarser: Sequence[_Level | _Bottom]) -> Floats:
        """One V-cycle from nothing: what A correction = load has for an answer, roughly."""
        value = cast(Floats, cv2.multiply(self.inverse, load, scale=_WEIGHT))
        left = _even(self.residual(value, load))
        half = (left.shape[1] // 2, left.shape[0] // 2)
        below = coarser[0].corrected(_halved(left, half) * np.float32(4), coarser[1:])
        wide = cv2.resize(below, (2 * half[0], 2 * half[1]), interpolation=cv2.INTER_LINEAR)
        if wide.shape != load.shape:
            wide = wide[: load.shape[0], : load.shape[1]]
        cv2.add(value, cv2.multiply(wide, self.exists), dst=value)
        left = self.residual(value, load)
        cv2.multiply(left, self.inverse, dst=left, scale=_WEIGHT)
        return cast(Floats, cv2.add(value, left, dst=value))


@dataclass(frozen=True)
class _Bottom:
    """The coarsest grid by its banded Cholesky factor, row after row or column after column."""

    factor: NDArray[np.float64]
    by_columns: bool

    def corrected(self, load: Floats, _: Sequence[_Level | _Bottom]) -> Floats:
        """The exact answer."""
        turned = load.swapaxes(0, 1) if self.by_columns else load
        flat = turned.reshape(turned.shape[0] * turned.shape[1], -1)
        found, _info = scipy.linalg.lapack.dpbtrs(self.factor, flat, lower=1)
        answer = found.reshape(turned.shape).astype(np.float32)
        return np.ascontiguousarray(answer.swapaxes(0, 1) if self.by_columns else answer)


def _levels(unknown: Mask, held: Floats, channels: int) -> list[_Level | _Bottom]:
    """From the pixels to the coarsest grid; a coarse cell stands for 2 x 2 finer ones."""
    pixels = unknown.astype(np.float32)
    found: list[_Level | _Bottom] = []
    share = np.ones_like(held)
    while True:
        exists = np.minimum(pixels, np.float32(1))
        diagonal = (neighbours(exists) + share * held) * exists
        if exists.size <= _BOTTOM_CELLS:
            return [*found, _bottom(exists, diagonal)]
        inverse = np.divide(exists, diagonal, out=np.zeros_like(exists), where=exists > 0)
        found.append(_Level(*(_repeated(each, channels) for each in (exists, diagonal, inverse))))
        half = ((exists.shape[1] + 1) // 2, (exists.shape[0] + 1) // 2)
        pixels, held = (_halved(_even(each), half) * np.float32(4) for each in (pixels, held))
        share = _conductance(len(found), held, pixels)


def _conductance(number: int, links: Floats, pixels: Floats) -> Floats:
    """Of one of a coarse cell's links to given values.

    Where thin necks meet it holds a cell as fast as its few pixels are held; elsewhere whole edges
    and single pixels hold it alike.
    """
    wide = 1 / (np.float32(0.3) * np.minimum(links, np.float32(1 << number)) + np.float32(0.9))
    thin = np.float32(2) * links / np.maximum(pixels, np.float32(1))
    return cast(Floats, np.maximum(wide, np.minimum(thin, np.float32(1))))


def _bottom(exists: Floats, diagonal: Floats) -> _Bottom:
    by_columns = exists.shape[1] > exists.shape[0]
    if by_columns:
        exists, diagonal = exists.T, diagonal.T
    cells, width = exists.size, exists.shape[1]
    matrix = np.zeros((width + 1, cells), order="F")
    on = exists.reshape(-1)
    np.multiply(on[1:], -on[:-1], out=matrix[1, :-1])
    matrix[1, width - 1 :: width] = 0
    np.multiply(on[width:], -on[:-width], out=matrix[width, :-width])
    np.add(diagonal.reshape(-1), 1 - on, out=matrix[0])
    factor, _info = scipy.linalg.lapack.dpbtrf(matrix, lower=1, overwrite_ab=1)
    return _Bottom(factor, by_columns)


def _solve(levels: Sequence[_Level | _Bottom], load: Floats, tolerance: float) -> Floats:
    """Conjugate gradients until a V-cycle sees an error below the tolerance, which it corrects."""
    finest = levels[0]
    if isinstance(finest, _Bottom):
        return finest.corrected(load, ())
    value, residual = np.zeros_like(load), load
    direction, before = value, 1.0
    for _ in range(_MOST_STEPS):
        correction = finest.corrected(residual, levels[1:])
        if not cv2.norm(correction, cv2.NORM_INF) > tolerance:
            return cast(Floats, cv2.add(value, correction, dst=value))
        product = _dot(residual, correction)
        direction = cast(Floats, cv2.scaleAdd(direction, product / before, correction))
        change = finest.applied(direction)
        length = -product / _dot(direction, change)
        value = cast(Floats, cv2.scaleAdd(direction, length, value))
        residual = cast(Floats, cv2.scaleAdd(change, length, residual))
        before = product
    return value


def _dot(one: Floats, other: Floats) -> float:
    """In double precision and a fixed order: a library's own depends on its threads."""
    return sum(cv2.sumElems(cv2.multiply(one, other)))


def _even(plane: Floats) -> Floats:
    """With a row or column of zeros more where their number is odd."""
    bottom, right = plane.shape[0] % 2, plane.shape[1] % 2
    if not bottom and not right:
        return plane
    return cast(Floats, cv2.copyMakeBorder(plane, 0, bottom, 0, right, cv2.BORDER_CONSTANT))


def _halved(plane: Floats, size: tuple[int, int]) -> Floats:
    """Means over 2 x 2 cells; size: columns, rows."""
    return cast(Floats, cv2.resize(plane, size, interpolation=cv2.INTER_AREA))


def _repeated(plane: Floats, channels: int) -> Floats:
    return plane if channels == 1 else cast(Floats, cv2.merge([plane] * channels))


def _plane(group: Floats) -> Floats:
    return np.ascontiguousarray(group[..., 0] if group.shape[2] == 1 else group)
