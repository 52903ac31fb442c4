"""Blends in NumPy where there is no compiled core: the same operations, the same bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging import membrane
from defectstudio.imaging.kernel.job import Job
from defectstudio.imaging.ramps import depth, ramp
from defectstudio.imaging.types import Mask

Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]

# From a pixel q to its neighbours p: above, left, right, below.
_NEIGHBOURS = ((-1, 0), (0, -1), (0, 1), (1, 0))


@dataclass(frozen=True)
class _Region:
    """Omega, and what the ramp leaves of the background at each pixel (h, w), 0 where nothing."""

    omega: Mask
    share: Floats


def run(job: Job) -> bool:
    """Blend one job into its `out`; whether its content held only numbers."""
    rows, columns = np.nonzero(job.mask)
    content = job.content[rows, columns].astype(np.float32) * np.float32(job.scale)
    if not np.isfinite(content).all():
        return False
    job.out[rows, columns] = _stored(content + offset(job, rows, columns), job)
    return True


def offset(job: Job, rows: Numbers, columns: Numbers) -> Floats:
    """What is added to the content (n, c): e of Laplace(e) = 0 in Omega, and the ramp's share."""
    if job.settings.mode == "alpha":
        return np.zeros((len(rows), job.background.shape[2]), np.float32)
    region = _region(job)
    share = region.share[rows, columns, None]
    feather: Floats = np.zeros((len(rows), job.background.shape[2]), np.float32)
    ramped = (share[:, 0] > 0) & ~region.omega[rows, columns]
    feather[ramped] = share[ramped] * _gap(job, rows[ramped], columns[ramped])
    links = _links(job, region) if region.omega.any() else []
    if not any(each.values.any() for each in links):
        return feather
    return feather + membrane.solve(region.omega, links, job.tolerance).at(rows, columns)


def _region(job: Job) -> _Region:
    if job.settings.mode == "poisson":
        return _Region(job.mask, np.zeros(job.mask.shape, np.float32))
    distance = depth(job.mask, job.sides)
    share = np.where(job.mask, np.float32(1) - ramp(distance, job.settings.ramp_px), np.float32(0))
    closed = job.mask & (distance > job.settings.retention_px)
    top, bottom, left, right = (not side for side in job.sides)
    around = np.pad(closed, 1)
    around[0], around[-1] = top, bottom
    around[1:-1, 0], around[1:-1, -1] = left, right
    rim_free = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    return _Region(closed & rim_free, share)


def _links(job: Job, region: _Region) -> list[membrane.Links]:
    """The Dirichlet values at the pixels beside Omega, linked to their neighbours in Omega."""
    rows, columns = _ring(region.omega, job)
    padded = np.pad(region.omega, 2)
    inside = [padded[rows + down + 2, columns + right + 2] for down, right in _NEIGHBOURS]
    if job.settings.mode == "poisson":
        values = np.zeros((len(rows), job.background.shape[2]), np.float32)
        for (down, right), own in zip(_NEIGHBOURS, inside, strict=True):
            values[own] += _gap(job, rows[own] + down, columns[own] + right)
        values /= np.stack(inside, axis=1).sum(axis=1, dtype=np.float32)[:, None]
    else:
        values = region.share[rows, columns, None] * _gap(job, rows, columns)
    # A pixel gathers from above, left, right, below: from the pixels below which it lies first.
    order = ((1, 0), (0, 1), (0, -1), (-1, 0))
    return [
        membrane.Links(rows[own] + down, columns[own] + right, values[own])
        for down, right in order
        for own in (inside[_NEIGHBOURS.index((down, right))],)
    ]


def _ring(omega: Mask, job: Job) -> tuple[Numbers, Numbers]:
    """Pixels beside Omega and inside the image, rows and columns from -1, in raster order."""
    around = np.pad(omega, 2)
    near = around[:-2, 1:-1] | around[2:, 1:-1] | around[1:-1, :-2] | around[1:-1, 2:]
    ring = near & ~around[1:-1, 1:-1]
    top, bottom, left, right = job.sides
    ring[0] &= bool(top)
    ring[-1] &= bool(bottom)
    ring[:, 0] &= bool(left)
    ring[:, -1] &= bool(right)
    rows, columns = np.nonzero(ring)
    return rows - 1, columns - 1


def _gap(job: Job, rows: Numbers, columns: Numbers) -> Floats:
    """I_n - I_d (n, c) in the background's grey levels."""
    content = job.content[rows, columns].astype(np.float32) * np.float32(job.scale)
    gap: Floats = job.background[rows, columns].astype(np.float32) - content
    return gap


def _stored(values: Floats, job: Job) -> NDArray[Any]:
    """In the background's dtype: integers are rounded and clipped."""
    if job.background.dtype == np.float32:
        return values
    clipped = np.clip(values, np.float32(0), np.float32(job.full))
    return (clipped + np.float32(0.5)).astype(job.background.dtype)
