"""Defect contents into backgrounds: improved Poisson blending, plain Poisson, alpha.

P1 section 2.3, eq. (8)-(10). Guidance and boundary values come from the same content I_d, so the
solution is I_d + e with e harmonic in Omega. The readings (BLENDING, SPEC section 2) are ours:

- improved: Omega is the mask deeper than `retention_px`. Its rim and all pixels outside it hold
  I_an = alpha I_d + (1 - alpha) I_n, eq. (8), with the soft, width-adaptive ramp of `ramps.ramp`.
  At retention 0 the mask's own rim is the boundary; where nothing is deeper, or alpha is 1 on the
  whole boundary, the ramp alone is left: so it is with thin defects, which keep their contrast.
- poisson: Omega is the whole mask, its boundary values are those of the background around it. The
  content has no values there; across its rim the guidance is the background's own gradient.
- alpha: eq. (8) with the binary mask, the "fractured" edge of P1 Figure 3.

Content outside its mask is never looked at. The border of the image is no rim: a defect that runs
out of the picture keeps its contrast there. The work is done by the compiled core (kernel/) or by
its fallback in NumPy, which gives the same answer to a grey level of 255.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError, SettingError
from defectstudio.domain.recipe import BlendMode, BlendSettings
from defectstudio.imaging.kernel import compiled, fallback, loading
from defectstudio.imaging.kernel.job import Job
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.types import FULL_RANGE, Mask, planes

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]

_MOST_CHANNELS = 4
_NOWHERE = Box(0, 0, 0, 0)


def blend(
    background: Pixels,
    content: Pixels,
    mask: Mask,
    *,
    mode: BlendMode = "improved",
    ramp_px: int = 5,
    retention_px: int = 3,
) -> NDArray[Any]:
    """The background with the content blended in where the mask is true.

    background: (H, W) or (H, W, C), uint8, uint16 or float32. content: the same shape, of the
    background's dtype or float32 in [0, 1]. mask: bool (H, W), the raw mask, any topology.
    ramp_px: 1..32; retention_px: 0..5, the boundary depth. Returns a new image of the
    background's dtype, bit-identical to it outside the mask; integers are rounded and clipped,
    floats are not clipped. Raises ImageError for shapes, dtypes or values that do not fit and
    SettingError for a mode, ramp or retention that does not exist.
    """
    settings = BlendSettings(mode, ramp_px, retention_px)
    return blend_many([(background, content, mask)], settings)[0]


def blend_many(
    scenes: Sequence[tuple[Pixels, Pixels, Mask]],
    settings: BlendSettings,
    *,
    threads: int = 1,
) -> list[NDArray[Any]]:
    """As `blend`, for many (background, content, mask) at once: galleries, batches.

    threads: of the compiled core, for this call only; the result does not depend on it.
    """
    results, jobs = [], []
    for background, content, mask in scenes:
        if content.shape != background.shape or mask.shape != background.shape[:2]:
            raise ImageError(
                f"background {background.shape}, content {content.shape} and mask {mask.shape}"
                " differ",
                remedy="Use arrays of one height and width, or blend_patch.",
            )
        _check(background, content, mask, settings)
        result = background.copy()
        box = bounding_box(mask)
        if box is not None:
            inside = (content[box.slices], mask[box.slices], result[box.slices])
            jobs += _jobs(background, inside, box, settings)
        results.append(result)
    _run(jobs, threads)
    return results


def blend_patch(
    background: Pixels,
    content: Pixels,
    mask: Mask,
    origin: tuple[int, int],
    *,
    mode: BlendMode = "improved",
    ramp_px: int = 5,
    retention_px: int = 3,
) -> tuple[NDArray[Any], Box]:
    """As `blend`, for a content smaller than the background: the changed patch and its box.

    content (h, w) or (h, w, C) and mask (h, w) lie with their first pixel at `origin` (row,
    column) of the background and may hang over its border. The box is the mask's own inside the
    background (0 x 0 where there is none); nothing else of the background is read or copied,
    except the ring of pixels around the box.
    """
    settings = BlendSettings(mode, ramp_px, retention_px)
    _check(background, content, mask, settings)
    shown = Box(*origin, *mask.shape).clipped(background.shape).moved(-origin[0], -origin[1])
    found = bounding_box(mask[shown.slices])
    if found is None:
        return background[:0, :0].copy(), _NOWHERE
    local = found.moved(shown.top, shown.left)
    box = local.moved(*origin)
    patch = background[box.slices].copy()
    inside = (content[local.slices], mask[local.slices], patch)
    _run(_jobs(background, inside, box, settings), 1)
    return patch, box


def _jobs(
    background: Pixels,
    inside: tuple[Pixels, Mask, NDArray[Any]],
    box: Box,
    settings: BlendSettings,
) -> list[Job]:
    """Content, mask and result of a box, in groups of as many channels as the core takes."""
    content, region, out = inside
    behind, inner, made = (planes(image) for image in (background[box.slices], content, out))
    sides = _open_sides(box, background.shape)
    groups = [slice(i, i + _MOST_CHANNELS) for i in range(0, made.shape[2], _MOST_CHANNELS)]
    return [
        Job(behind[..., own], inner[..., own], region, made[..., own], sides, settings)
        for own in groups
    ]


def _run(jobs: Sequence[Job], threads: int) -> None:
    library = loading.library()
    if library is None:
        good = [fallback.run(job) for job in jobs]
    else:
        packed = [_packed(job) for job in jobs]
        good = compiled.run(library, packed, threads)
        for job, own in zip(jobs, packed, strict=True):
            if own.out is not job.out:
                job.out[...] = own.out
    if not all(good):
        raise ImageError(
            "the content holds values that are no numbers",
            remedy="Make it again; if it came from a generator, train that with a lower rate.",
        )


def _packed(job: Job) -> Job:
    """The job with arrays whose rows are contiguous, as the core needs them."""
    arrays = (job.background, job.content, job.mask, job.out)
    if all(map(_has_packed_rows, arrays)):
        return job
    return replace(
        job,
        background=np.ascontiguousarray(job.background),
        content=np.ascontiguousarray(job.content),
        mask=np.ascontiguousarray(job.mask),
        out=np.ascontiguousarray(job.out),
    )


def _has_packed_rows(array: NDArray[Any]) -> bool:
    pixel = array.itemsize * (array.shape[2] if array.ndim == 3 else 1)
    channels_packed = array.ndim == 2 or array.shape[2] == 1 or array.strides[2] == array.itemsize
    return channels_packed and (array.shape[1] == 1 or array.strides[1] == pixel)


def _open_sides(box: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Where the background goes on beyond the box: top, bottom, left, right, as 0 or 1."""
    return (
        int(box.top > 0),
        int(box.bottom < shape[0]),
        int(box.left > 0),
        int(box.right < shape[1]),
    )


def _check(background: Pixels, content: Pixels, mask: Mask, settings: BlendSettings) -> None:
    if background.dtype not in FULL_RANGE or content.dtype not in (background.dtype, np.float32):
        raise ImageError(
            f"{content.dtype} cannot be blended into a background of {background.dtype}",
            remedy="Use uint8, uint16 or float32, and for the content the same or float32.",
        )
    same_planes = background.shape[2:] == content.shape[2:]
    if background.ndim not in (2, 3) or content.ndim != background.ndim or not same_planes:
        raise ImageError(
            f"a content {content.shape} does not fit a background {background.shape}",
            remedy="Use (height, width) or (height, width, channels) for both.",
        )
    if mask.dtype != np.bool_ or mask.shape != content.shape[:2]:
        raise ImageError(
            f"a mask {mask.dtype} {mask.shape} does not fit a content {content.shape}",
            remedy="Use a bool mask of the content's height and width.",
        )
    ramp_px, retention_px = settings.ramp_px, settings.retention_px
    known = settings.mode in get_args(BlendMode)
    if not known or not 1 <= ramp_px <= 32 or not 0 <= retention_px <= 5:
        raise SettingError(
            f"no blending {settings.mode!r}, ramp {ramp_px} px, retention {retention_px} px",
            remedy="Use improved, poisson or alpha, a ramp of 1 to 32 and a retention of 0 to 5.",
        )
