"""The label of a defect: where a blend visibly changed its background."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import LabelFit, RefineSettings
from defectstudio.imaging.masks import dilate, squared_distance
from defectstudio.imaging.types import Image, Mask

NOISE_FACTOR = 3.0
"""A change below so many standard deviations of the noise is none."""
SURE_FACTOR = NOISE_FACTOR * np.sqrt(2)
"""What a label is found by: the content may carry a noise of its own, which adds to this one."""
SPECK_PX = 5
"""Parts with fewer pixels are noise, unless the painted defect is no larger."""

_NEIGHBOURS = np.ones((3, 3), dtype=bool)


def refine(
    background: Image,
    blended: Image,
    painted: Mask,
    settings: RefineSettings,
    noise: NDArray[np.float64] | float = 0.0,
) -> Mask:
    """The visible part (h, w) of a defect (P1 section 2.3, SPEC section 2).

    background, blended: uint8 or uint16, (h, w) or (h, w, c), of one shape; painted: bool (h, w).
    noise: standard deviation of the background's noise in grey levels, one number or (C,).
    Visible is |blended - background| > max(threshold of the full range, SURE_FACTOR * noise) in
    any channel, at most `dilate_px` from the painted mask, and NOISE_FACTOR * noise beside such
    pixels. Gaps up to 2 px are closed, specks dropped, holes filled.

    blended is the blend without added grain: the background's noise is in the difference already,
    and a second noise would only blur where the content begins.

    The opening is one by area: it keeps every part as it is or drops it whole, so a crack of one
    pixel's width stays, which an opening by any disk would lose. Closing and filling add only
    painted or changed pixels: a hole left in a painted ring stays open. Nothing visible gives
    an empty mask. Raises ImageError when the arrays do not fit each other.
    """
    _check(background, blended, painted)
    change = _change(background, blended)
    near = dilate(painted, settings.dilate_px)
    least = settings.threshold * np.iinfo(background.dtype).max
    sure = (change > np.maximum(least, SURE_FACTOR * noise)).any(axis=2) & near
    faint = (change > np.maximum(least, NOISE_FACTOR * noise)).any(axis=2) & near
    closed = scipy.ndimage.binary_closing(np.pad(sure, 2), _NEIGHBOURS)[2:-2, 2:-2]
    eligible = near & (painted | change.any(axis=2))
    opened = _without_specks(closed & eligible, int(painted.sum()))
    opened |= faint & scipy.ndimage.binary_dilation(opened, _NEIGHBOURS)
    refined: Mask = scipy.ndimage.binary_fill_holes(opened) & eligible
    return refined


def fit(label: Mask, painted: Mask) -> LabelFit:
    """How far the label (h, w) of a defect differs from its painted mask (h, w), both bool."""
    both, either = int((label & painted).sum()), int((label | painted).sum())
    area = int(painted.sum())
    apart = _between(_outline(label), _outline(painted))
    return LabelFit(
        iou=round(both / either, 4) if either else 1.0,
        unlabeled=round(1 - both / area, 4) if area else 0.0,
        outside=int(label.sum()) - both,
        mean_px=round(float(apart.mean()), 3) if apart.size else None,
        max_px=round(float(apart.max()), 3) if apart.size else None,
    )


def _outline(mask: Mask) -> Mask:
    """The pixels of a mask with a neighbour above, below, left or right outside it."""
    outline: Mask = mask & ~scipy.ndimage.binary_erosion(mask)
    return outline


def _between(one: Mask, other: Mask) -> NDArray[np.float64]:
    """Distances from every pixel of each to the nearest of the other; none if one is empty."""
    if not (one.any() and other.any()):
        return np.zeros(0)
    to_one, to_other = squared_distance(~one), squared_distance(~other)
    apart: NDArray[np.float64] = np.sqrt(np.concatenate([to_one[other], to_other[one]]))
    return apart


def _check(background: Image, blended: Image, painted: Mask) -> None:
    alike = background.shape == blended.shape and background.dtype == blended.dtype
    if not alike or background.dtype not in (np.uint8, np.uint16):
        raise ImageError(
            f"{blended.dtype} {blended.shape} cannot be compared with a background "
            f"{background.dtype} {background.shape}",
            remedy="Use two uint8 or two uint16 images of one shape.",
        )
    if painted.shape != background.shape[:2] or painted.dtype != np.bool_:
        raise ImageError(
            f"a mask {painted.dtype} {painted.shape} does not fit an image {background.shape}",
            remedy="Use a bool mask of the image's height and width.",
        )


def _change(background: Image, blended: Image) -> Image:
    """|blended - background| (h, w, C) in grey levels."""
    steps: Image = np.maximum(background, blended) - np.minimum(background, blended)
    return steps if steps.ndim == 3 else steps[..., None]


def _without_specks(mask: Mask, painted: int) -> Mask:
    """The mask's 8-connected parts of at least SPECK_PX, or `painted`, pixels."""
    numbers, _ = scipy.ndimage.label(mask, structure=_NEIGHBOURS)
    large = np.bincount(numbers.ravel()) >= min(SPECK_PX, painted)
    large[0] = False
    kept: Mask = large[numbers]
    return kept
