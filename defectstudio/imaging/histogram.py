"""Masked histogram matching: y = S[L'] + histmatch(S[L], H[M]) per channel (P2 section 3.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.types import FULL_RANGE, Mask, Pixels, planes

Values = NDArray[np.float64]


def match(
    source: Pixels, source_mask: Mask, reference: Pixels, reference_mask: Mask
) -> NDArray[Any]:
    """The source, its masked pixels with the distribution of the reference's masked pixels.

    source: (H, W) or (H, W, C), source_mask: bool (H, W); reference: (h, w) or (h, w, C) of as
    many channels, reference_mask: bool (h, w); both images uint8, uint16 or float32 in [0, 1], of
    any depth and size: a reference of another depth is scaled from its full range to the source's.
    Returns a new image of the source's shape and dtype, bit-identical to it outside the mask.

    Each channel is matched by itself: the i-th of n values in order becomes the mean of the
    reference's quantile function from i / n to (i + 1) / n. Equal values stay equal - quantised
    images are full of them, and parting them would invent a pattern: all become the mean over
    their common interval. So the order is kept, the mean is the reference's but for the rounding
    of integers, without ties the distribution is the reference's itself, and an image matched to
    itself is unchanged. Raises ImageError for shapes, dtypes or values that do not fit and for
    an empty mask.
    """
    _check("source", source, source_mask)
    _check("reference", reference, reference_mask)
    values, wanted = _masked(source, source_mask), _masked(reference, reference_mask)
    if values.shape[1] != wanted.shape[1]:
        raise ImageError(
            f"a reference of {wanted.shape[1]} channels does not fit a source of {values.shape[1]}",
            remedy="Use two grey or two colour images.",
        )
    wanted *= FULL_RANGE[source.dtype] / FULL_RANGE[reference.dtype]
    channels = zip(values.T, wanted.T, strict=True)
    matched = np.stack([_matched(*channel) for channel in channels], axis=1)
    if source.dtype != np.float32:
        matched = np.rint(matched)
    result = source.copy()
    result[source_mask] = matched.astype(source.dtype).reshape(result[source_mask].shape)
    return result


def _matched(values: Values, wanted: Values) -> Values:
    """values (n,) with the distribution of wanted (m,)."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.concatenate([[0], np.cumsum(sizes)]) * (len(wanted) / len(values))
    lowest = float(wanted.min())
    # Integral of the quantile function, from the lowest so that equal values sum to exactly 0.
    integral = np.concatenate([[0.0], np.cumsum(np.sort(wanted) - lowest)])
    levels = np.diff(np.interp(ends, np.arange(len(integral)), integral)) / np.diff(ends)
    inside: Values = np.clip(levels + lowest, lowest, wanted.max())[group]
    return inside


def _masked(image: Pixels, mask: Mask) -> Values:
    """The masked pixels (n, C)."""
    return planes(image)[mask].astype(np.float64)


def _check(name: str, image: Pixels, mask: Mask) -> None:
    if image.dtype not in FULL_RANGE or image.ndim not in (2, 3):
        raise ImageError(
            f"the {name} is {image.dtype} {image.shape}",
            remedy="Use uint8, uint16 or float32 of (height, width) or (height, width, channels).",
        )
    if mask.dtype != np.bool_ or mask.shape != image.shape[:2]:
        raise ImageError(
            f"a mask {mask.dtype} {mask.shape} does not fit the {name} {image.shape}",
            remedy="Use a bool mask of the image's height and width.",
        )
    if not mask.any():
        raise ImageError(
            f"the mask of the {name} is empty", remedy="Paint at least one pixel of it."
        )
    if not np.isfinite(image[mask]).all():
        raise ImageError(
            f"the {name} holds values that are no numbers", remedy="Make or read it again."
        )
