"""The label of a defect: where a blend visibly changed its background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import RefineSettings
from defectstudio.imaging.masks import dilate
from defectstudio.imaging.types import Image, Mask

SPECK_PX = 5
"""Parts with fewer pixels are noise, unless the defect itself is no larger."""

_NEIGHBOURS = np.ones((3, 3), dtype=bool)


def refine(background: Image, blended: Image, painted: Mask, settings: RefineSettings) -> Mask:
    """The visible part (h, w) of a defect (P1 section 2.3, SPEC section 2).

    background, blended: uint8 or uint16, (h, w) or (h, w, c), of one shape; painted: bool (h, w).
    Visible is |blended - background| > threshold of the full range in any channel, at most
    `dilate_px` from the painted mask. Gaps up to 2 px are closed, specks dropped, holes filled.

    The opening is one by area: it keeps every part as it is or drops it whole, so a crack of one
    pixel's width stays, which an opening by any disk would lose. Closing and filling add only
    painted or changed pixels: a hole left in a painted ring stays open. Nothing visible gives
    an empty mask. Raises ImageError when the arrays do not fit each other.
    """
    _check(background, blended, painted)
    change = _change(background, blended)
    near = dilate(painted, settings.dilate_px)
    visible = (change > settings.threshold) & near
    closed = ndimage.binary_closing(np.pad(visible, 2), _NEIGHBOURS)[2:-2, 2:-2]
    eligible = near & (painted | (change > 0))
    opened = _without_specks(closed & eligible)
    refined: Mask = ndimage.binary_fill_holes(opened) & eligible
    return refined


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


def _change(background: Image, blended: Image) -> NDArray[np.float64]:
    """|blended - background| as a fraction of the full range, the maximum over channels (h, w)."""
    full = np.iinfo(background.dtype).max
    steps = np.maximum(background, blended) - np.minimum(background, blended)
    return (steps if steps.ndim == 2 else steps.max(axis=2)) / full


def _without_specks(mask: Mask) -> Mask:
    """The mask without its 8-connected parts below SPECK_PX, or below the largest part."""
    numbers, count = ndimage.label(mask, structure=_NEIGHBOURS)
    if count == 0:
        return mask
    areas = np.bincount(numbers.ravel())
    areas[0] = 0
    kept: Mask = (areas >= min(SPECK_PX, int(areas.max())))[numbers]
    return kept
