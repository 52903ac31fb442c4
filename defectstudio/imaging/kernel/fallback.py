"""Blends in NumPy and OpenCV where there is no compiled core: the same answer.

Both solve the same equations and stay within 0.2 grey levels of the exact solution, so that after
rounding a value may differ by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging import membrane
from defectstudio.imaging.kernel.job import Job
from defectstudio.imaging.masks import bounding_box
from defectstudio.imaging.ramps import depth, ramp
from defectstudio.imaging.types import Mask

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Region:
    """Omega, and what the ramp leaves of the background at each pixel (h, w), 0 where nothing."""

    omega: Mask
    share: Floats


def run(job: Job) -> bool:
    """Blend one job into its `out`; whether its content held only numbers."""
    content = _content(job)
    if not np.isfinite(content).all():
        return False
    stored = _stored(content + _offset(job, content), job)
    np.copyto(job.out, stored, where=job.mask[..., None])
    return True


def offset(job: Job) -> Floats:
    """What is added to the content (h, w, c): e of Laplace(e) = 0 in Omega, the ramp's share."""
    return _offset(job, _content(job))


def _offset(job: Job, content: Floats) -> Floats:
    if job.settings.mode == "alpha":
        return np.zeros(content.shape, np.float32)
    region = _region(job)
    gap = _inside(job, job.background - content)
    feather: Floats = gap * region.share[..., None]
    box = bounding_box(region.omega)
    if box is None:
        return feather
    held, load = _links(job, region.omega, gap, feather)
    feather *= ~region.omega[..., None]
    own = box.slices
    feather[own] += membrane.solve(region.omega[own], held[own], load[own], job.tolerance)
    return feather


def _content(job: Job) -> Floats:
    """I_d (h, w, c) in the background's grey levels; 0 outside the mask."""
    scaled: Floats = np.multiply(_inside(job, job.content), np.float32(job.scale), dtype=np.float32)
    return scaled


def _inside(job: Job, planes: NDArray[Any]) -> NDArray[Any]:
    """With 0 outside the mask, whatever was there: it may be no number."""
    return cv2.copyTo(planes, job.mask.view(np.uint8)).reshape(planes.shape)


def _region(job: Job) -> _Region:
    if job.settings.mode == "poisson":
        return _Region(job.mask, np.zeros(job.mask.shape, np.float32))
    distance = depth(job.mask, job.sides)
    share = np.where(job.mask, np.float32(1) - ramp(distance, job.settings.ramp_px), np.float32(0))
    closed = job.mask & (distance > job.settings.retention_px)
    around = _framed(closed.astype(np.float32))
    for edge, side in zip(_edges(around), job.sides, strict=True):
        edge[:] = not side
    rim_free = membrane.neighbours(around)[1:-1, 1:-1] == len(job.sides)
    return _Region(closed & rim_free, share)


def _links(job: Job, omega: Mask, gap: Floats, feather: Floats) -> tuple[Floats, Floats]:
    """How many Dirichlet values lie beside each pixel of Omega (h, w), and their sum (h, w, c)."""
    inside = _framed(omega.astype(np.float32))
    near = membrane.neighbours(inside)
    ring = (near > 0) * (1 - inside)
    for edge, side in zip(_edges(ring), job.sides, strict=True):
        np.multiply(edge, side, out=edge)
    values = _framed(feather)
    if job.settings.mode == "poisson":
        np.divide(_sums(_framed(gap)), np.maximum(near, 1)[..., None], out=values)
    values *= ring[..., None]
    held, load = membrane.neighbours(ring) * inside, _sums(values) * inside[..., None]
    return held[1:-1, 1:-1], load[1:-1, 1:-1]


def _sums(planes: Floats) -> Floats:
    """Over neighbours, (h, w, c) also for one channel."""
    return membrane.neighbours(planes).reshape(planes.shape)


def _framed(plane: Floats) -> Floats:
    """With one pixel of zeros more on all sides, (h, w, c) also for one channel."""
    wide = cv2.copyMakeBorder(plane, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return wide.reshape(wide.shape[:2] + plane.shape[2:])


def _edges(plane: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Top, bottom, left and right."""
    return plane[0], plane[-1], plane[:, 0], plane[:, -1]


def _stored(values: Floats, job: Job) -> NDArray[Any]:
    """In the background's dtype: integers are rounded and clipped."""
    if job.background.dtype == np.float32:
        return values
    clipped = np.clip(values, np.float32(0), np.float32(job.full))
    return (clipped + np.float32(0.5)).astype(job.background.dtype)
