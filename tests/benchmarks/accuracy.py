"""How far the membrane of a blend is from the exact solution of the same discrete problem."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.recipe import BlendMode, BlendSettings
from defectstudio.imaging.blending import blend
from defectstudio.imaging.kernel import compiled, fallback, loading
from defectstudio.imaging.kernel.job import Job
from defectstudio.imaging.masks import bounding_box
from defectstudio.imaging.ramps import depth, ramp
from defectstudio.imaging.types import FULL_RANGE, Mask
from tests.benchmarks.exact import Laplace, Numbers
from tests.benchmarks.scenes import in_depth, noisy, textured

_OPEN = (1, 1, 1, 1)


@dataclass(frozen=True)
class _Problem:
    """Where e is unknown, and the soft ramp's share of the gap around it, (h, w).

    share: None for plain Poisson, whose boundary values are means over the mask's rim.
    """

    laplace: Laplace
    share: NDArray[np.float32] | None

    def solution(self, background: NDArray[Any], content: NDArray[Any]) -> Numbers:
        """e (n, c) in the images' own levels."""
        laplace = self.laplace
        inside = _gap(background, content, laplace.pixels)
        if self.share is None:
            return laplace.solve(laplace.ring_means(inside))
        share = self.share.reshape(-1)[laplace.outer, None]
        return laplace.solve(share * _gap(background, content, laplace.outer))


def errors(mask: Mask, mode: BlendMode) -> dict[str, float]:
    """Greatest errors by type of image in grey levels of 255, before rounding, improved or poisson.

    mask: with background around it on all sides. `rounded` and `rounded_share`: the finished
    8-bit picture against the exact one, in levels and as the share of values that differ at all.
    `direct_s`: seconds that the first exact solution took; empty where nothing is to be solved.
    """
    first = textured(mask)
    start = time.perf_counter()
    problem = _posed(mask, mode)
    if problem is None:
        return {}
    exact = problem.solution(*first)
    found = {"direct_s": time.perf_counter() - start}
    found |= _rounded(mask, mode, first, problem, exact)
    for name, scene in _depths(*first):
        full = FULL_RANGE[scene[0].dtype]
        found[name] = _error(mask, mode, scene, problem, exact * (full / 255))
    worst = noisy(mask)
    found["uint16_noise"] = _error(mask, mode, worst, problem, problem.solution(*worst))
    return found


def _depths(
    background: NDArray[np.uint8], content: NDArray[np.uint8]
) -> Iterator[tuple[str, tuple[NDArray[Any], NDArray[Any]]]]:
    for name in ("uint8", "uint16", "float32"):
        yield name, (in_depth(background, name), in_depth(content, name))


def _posed(mask: Mask, mode: BlendMode) -> _Problem | None:
    """The discrete problem, from P1's equations as `blending` reads them."""
    if mode == "poisson":
        return _Problem(Laplace(mask), None)
    settings = BlendSettings(mode)
    distance = depth(mask, _OPEN)
    closed = mask & (distance > settings.retention_px)
    omega = closed.copy()
    for axis in (0, 1):
        for shift in (-1, 1):
            omega &= np.roll(closed, shift, axis)
    if not omega.any():
        return None
    return _Problem(Laplace(omega), 1 - ramp(distance, settings.ramp_px))


def _error(
    mask: Mask,
    mode: BlendMode,
    scene: tuple[NDArray[Any], NDArray[Any]],
    problem: _Problem,
    exact: Numbers,
) -> float:
    offset = _offset(mask, mode, scene)[problem.laplace.pixels]
    return float(np.abs(offset - exact).max()) * 255 / FULL_RANGE[scene[0].dtype]


def _rounded(
    mask: Mask,
    mode: BlendMode,
    scene: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    problem: _Problem,
    exact: Numbers,
) -> dict[str, float]:
    pixels = problem.laplace.pixels
    made = blend(*scene, mask, mode=mode).reshape(-1, 3)[pixels]
    wanted = np.clip(np.floor(scene[1].reshape(-1, 3)[pixels] + exact + 0.5), 0, 255)
    steps = np.abs(made - wanted)
    return {"rounded": float(steps.max()), "rounded_share": float((steps > 0).mean())}


def _offset(mask: Mask, mode: BlendMode, scene: tuple[NDArray[Any], NDArray[Any]]) -> Numbers:
    """What the program adds to the content before it rounds, (h * w, c)."""
    box = bounding_box(mask)
    assert box is not None
    background, content = (np.ascontiguousarray(image[box.slices]) for image in scene)
    inside = np.ascontiguousarray(mask[box.slices])
    job = Job(background, content, inside, background.copy(), _OPEN, BlendSettings(mode))
    local = np.zeros(background.shape, np.float32)
    library = loading.library()
    if library is None:
        local = fallback.offset(job)
    else:
        compiled.run(library, [job], 1, [local])
    offset = np.zeros((*mask.shape, background.shape[2]), np.float32)
    offset[box.slices] = local
    return offset.reshape(-1, background.shape[2])


def _gap(background: NDArray[Any], content: NDArray[Any], pixels: NDArray[np.intp]) -> Numbers:
    """I_n - I_d (n, c)."""
    planes = (image.reshape(-1, image.shape[2])[pixels] for image in (background, content))
    behind, inner = (plane.astype(np.float64) for plane in planes)
    return behind - inner
