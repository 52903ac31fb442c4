"""Tone: how bright a defect is against the surface around it, whatever the exposure.

One part photographed under six lights (magnetic tile) has defects of every grey level, yet a crack
is always darker than its surface. A content in relative tone is r^2 / (1 + r^2), r = pixel /
surround: 0.5 is the surface itself, half and double its brightness are 0.2 and 0.8, values stay in
[0, 1), and light cancels as it does in the Lambertian model. The square spreads the small
differences of textured surfaces. The reading is ours; the paper's contents are absolute.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.types import Image, Mask, Unit, planes

NEAR_PX, FAR_PX = 2, 12
"""The surround of a mask: pixels farther than NEAR_PX, up to FAR_PX, outside it."""
_DARKEST = 0.02
_BRIGHTEST = 0.96
"""Five times the surface; beyond, a small error of the content is a large one of the pixel."""

Level = NDArray[np.float32]


def surround(
    image: Image, mask: Mask, origin: tuple[int, int], ignored: Mask | None = None
) -> Level:
    """Median level (C,) of the surface around a mask, in [0, 1], at least 0.02.

    image (H, W) or (H, W, C), uint8 or uint16; mask bool (h, w) with its first pixel at `origin`
    (row, column), may hang over the border. ignored bool (H, W): what is no surface either, such
    as other defects. Where no surface is left around the mask, its whole neighbourhood is taken.
    Raises ImageError for a mask that lies outside the image.
    """
    wide = Box(*origin, *mask.shape).grown(FAR_PX)
    shown = wide.clipped(image.shape)
    if not shown.height or not shown.width:
        raise ImageError("the mask lies outside the image", remedy="Place it on the image.")
    padded = np.pad(mask, FAR_PX)
    ring = _dilated(padded, FAR_PX) & ~_dilated(padded, NEAR_PX)
    ring = ring[shown.moved(-wide.top, -wide.left).slices]
    if ignored is not None:
        ring &= ~ignored[shown.slices]
    crop = planes(image[shown.slices])
    pixels = crop.reshape(-1, crop.shape[2])
    around = np.flatnonzero(ring)
    pixels = to_unit(pixels.take(around, axis=0) if around.size else pixels)
    return np.maximum(np.median(pixels, axis=0), _DARKEST).astype(np.float32)


def to_relative(pixels: Unit, level: Level) -> Unit:
    """pixels (..., C) in [0, 1] -> relative tone in [0, 1)."""
    ratio = np.square(pixels / _repeated(level, pixels))
    return np.asarray(ratio / (1 + ratio), np.float32)


def from_relative(relative: Unit, level: Level) -> Unit:
    """The pixels (..., C) in [0, 1] of a relative tone on a surface of that level."""
    clipped = np.minimum(relative, _BRIGHTEST)
    times = np.sqrt(clipped / (1 - clipped))
    return np.asarray(np.clip(_repeated(level, times) * times, 0, 1), np.float32)


def _repeated(level: Level, pixels: Unit) -> Level:
    """The level (..., C) of a row: NumPy is slow to repeat what is only a few channels long."""
    return np.ascontiguousarray(np.broadcast_to(level, (*pixels.shape[1:-1], *level.shape)))


def _dilated(mask: Mask, px: int) -> Mask:
    """The mask, which has an empty rim of at least `px`, grown by OpenCV's ellipse of that radius.

    Its pixels are the bits of one number, which is shifted as often as the ellipse has rows and
    columns; OpenCV would look at all of the ellipse for every pixel.
    """
    packed = np.packbits(mask)
    row = int.from_bytes(packed.tobytes(), "big")
    rows = [row]
    for step in range(1, px + 1):
        rows.append(rows[-1] | row << step | row >> step)
    grown, width = 0, mask.shape[1]
    for down, half in enumerate(_half_widths(px), -px):
        grown |= rows[half] >> down * width if down > 0 else rows[half] << -down * width
    found = np.frombuffer(grown.to_bytes(packed.size, "big"), np.uint8)
    return np.unpackbits(found, count=mask.size).reshape(mask.shape).view(bool)


@cache
def _half_widths(px: int) -> tuple[int, ...]:
    """Of the rows of OpenCV's ellipse: how many pixels it reaches to either side."""
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1, 2 * px + 1))
    return tuple((ellipse.sum(axis=1) // 2).tolist())
