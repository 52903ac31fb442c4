"""Defect contents into backgrounds: improved Poisson blending, plain Poisson, alpha.

P1 section 2.3, eq. (8)-(10). Guidance and boundary values come from the same content I_d, so the
solution is I_d + e with e harmonic in Omega. The readings (BLENDING, SPEC section 2) are ours:

- improved: Omega is the mask deeper than `retention_px`. Its rim and all pixels outside it hold
  I_an = alpha I_d + (1 - alpha) I_n, eq. (8), with the soft, width-adaptive ramp of `ramps.ramp`.
  At retention 0 the mask's own rim is the boundary; where nothing is deeper, or alpha is 1 on the
  whole boundary, the ramp alone is left.
- poisson: Omega is the whole mask, its boundary values are those of the background around it. The
  content has no values there; across its rim the guidance is the background's own gradient.
- alpha: eq. (8) with the binary mask, the "fractured" edge of P1 Figure 3.

Content outside its mask is never looked at. The border of the image is no rim: a defect that runs
out of the picture keeps its contrast there.
"""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError, SettingError
from defectstudio.domain.recipe import BlendMode, BlendSettings
from defectstudio.imaging import membrane
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.ramps import depth, ramp
from defectstudio.imaging.types import Mask

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
Field = NDArray[np.float64]
Sides = tuple[int, int, int, int]

_FULL_RANGE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}


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
    if content.shape != background.shape or mask.shape != background.shape[:2]:
        raise ImageError(
            f"background {background.shape}, content {content.shape} and mask {mask.shape} differ",
            remedy="Use arrays of one height and width, or blend_patch.",
        )
    patch, box = blend_patch(
        background, content, mask, (0, 0), mode=mode, ramp_px=ramp_px, retention_px=retention_px
    )
    result = background.copy()
    result[box.slices] = patch
    return result


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
        return background[:0, :0].copy(), Box(0, 0, 0, 0)
    local = found.moved(shown.top, shown.left)
    box = local.moved(*origin)
    region = mask[local.slices]
    inside = _in_range_of(background, content[local.slices], region)
    offset = _offset(background, box, inside, region, settings)
    patch = background[box.slices].copy()
    patch[region] = _stored((inside + offset)[region], background).reshape(patch[region].shape)
    return patch, box


def _offset(
    background: Pixels, box: Box, inside: Field, region: Mask, settings: BlendSettings
) -> Field:
    """What to add to the content in the box: e of Laplace(e) = 0 in Omega, and the ramp's share."""
    if settings.mode == "alpha":
        return np.zeros_like(inside)
    gap = _planes(background[box.slices]).astype(np.float64) - inside
    sides = _open_sides(box, background.shape)
    if settings.mode == "poisson":
        return _from_ring(gap, region, sides)
    distance = depth(region, sides)
    share = (1.0 - ramp(distance, settings.ramp_px))[..., None] * gap
    closed = distance > settings.retention_px
    rim = closed & (_neighbour_sum(~closed) > 0)
    if not share[rim].any():
        return np.where(closed[..., None], 0.0, share)
    return membrane.solve(share, closed & ~rim)


def _from_ring(gap: Field, region: Mask, sides: Sides) -> Field:
    """The membrane over the whole mask from the ring of background pixels around it.

    A pixel q of the ring holds the mean of I_n - I_d over its neighbours p in the mask: the step
    from p to q is the background's own, so that content equal to the background changes nothing.
    """
    top, bottom, left, right = sides
    margin = ((top, bottom), (left, right))
    omega = np.pad(region, margin)
    inner = np.pad(np.where(region[..., None], gap, 0.0), (*margin, (0, 0)))
    count = np.maximum(_neighbour_sum(omega)[..., None], 1.0)
    ring = np.where(omega[..., None], inner, _neighbour_sum(inner) / count)
    solved = membrane.solve(ring, omega)
    return solved[top : top + region.shape[0], left : left + region.shape[1]]


def _neighbour_sum(values: NDArray[Any]) -> Field:
    """The sum over the neighbours above, below, left and right inside the array (h, w, ...)."""
    total = np.zeros(values.shape)
    total[1:] += values[:-1]
    total[:-1] += values[1:]
    total[:, 1:] += values[:, :-1]
    total[:, :-1] += values[:, 1:]
    return total


def _open_sides(box: Box, shape: tuple[int, ...]) -> Sides:
    """Where the background goes on beyond the box: top, bottom, left, right, as 0 or 1."""
    return (
        int(box.top > 0),
        int(box.bottom < shape[0]),
        int(box.left > 0),
        int(box.right < shape[1]),
    )


def _planes(image: Pixels) -> Pixels:
    """(h, w, c) of an image with or without a channel axis."""
    return image if image.ndim == 3 else image[..., None]


def _in_range_of(background: Pixels, content: Pixels, region: Mask) -> Field:
    """The content (h, w, c) in the background's grey levels; 0 outside the mask."""
    scale = _FULL_RANGE[background.dtype] if content.dtype != background.dtype else 1.0
    planes = np.where(region[..., None], _planes(content), 0).astype(np.float64)
    if not np.isfinite(planes).all():
        raise ImageError(
            "the content holds values that are no numbers",
            remedy="Make it again; if it came from a generator, train that with a lower rate.",
        )
    return planes * scale


def _stored(values: Field, background: Pixels) -> NDArray[Any]:
    """Values in the background's dtype: integers are rounded and clipped."""
    if background.dtype == np.float32:
        return values.astype(np.float32)
    return np.clip(np.rint(values), 0, _FULL_RANGE[background.dtype]).astype(background.dtype)


def _check(background: Pixels, content: Pixels, mask: Mask, settings: BlendSettings) -> None:
    if background.dtype not in _FULL_RANGE or content.dtype not in (background.dtype, np.float32):
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
