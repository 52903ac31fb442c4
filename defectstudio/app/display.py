"""Native images made visible: 8 bits for the screen, smaller copies for zooming out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Image

_LOOKED_AT = 1 << 20
_SMALLEST = 64
_BINS = 256


@dataclass(frozen=True)
class Window:
    """Native values shown as black and as white. For the screen only, never for synthesis."""

    low: int
    high: int


def window_of(image: Image) -> Window:
    """8-bit as it is; 16-bit from its 0.1 to its 99.9 percentile of about a million values."""
    if image.dtype == np.uint8:
        return Window(0, 255)
    low, high = np.percentile(_some(image), [0.1, 99.9])
    return Window(int(low), max(int(high), int(low) + 1))


@dataclass(frozen=True)
class Histogram:
    """How often the values between `low` and `high` occur, in bins of equal width."""

    low: int
    high: int
    counts: tuple[int, ...]


def histogram_of(image: Image) -> Histogram:
    """Of about a million values, from 0 to the largest that the image uses bits for."""
    seen = _some(image)
    bits = 8 if image.dtype == np.uint8 else max(8, int(seen.max()).bit_length())
    counts, _ = np.histogram(seen, bins=_BINS, range=(0, 1 << bits))
    return Histogram(0, (1 << bits) - 1, tuple(counts.tolist()))


def shown(image: Image, window: Window) -> NDArray[np.uint8]:
    """The image in 8 bits, same shape; the very array where nothing is to be changed."""
    if image.dtype == np.uint8 and window == Window(0, 255):
        return np.ascontiguousarray(image)
    values = np.arange(np.iinfo(image.dtype).max + 1, dtype=np.float64)
    scaled = (values - window.low) * (255 / (window.high - window.low))
    table: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    if image.dtype == np.uint8:
        return np.asarray(cv2.LUT(image, table), np.uint8)
    seen = np.empty(image.shape, np.uint8)
    rows = max(1, _LOOKED_AT // (image.size // image.shape[0]))
    # In parts: NumPy widens the index to eight bytes a value.
    for top in range(0, image.shape[0], rows):
        seen[top : top + rows] = table[image[top : top + rows]]
    return seen


def pyramid(image: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Level 0 as it is, (H, W) or (H, W, 3) RGB, and its half; then (h, w, 4) in Qt's RGB32.

    Level k covers ceil(H / 2**k) x ceil(W / 2**k) by area mean. RGB32 is drawn 2.6 times faster
    with smoothing than RGB888, but takes a third more: too much for the first half.
    """
    levels = [image]
    colour = cv2.COLOR_RGB2BGRA if image.ndim == 3 else cv2.COLOR_GRAY2BGRA
    level = image
    while max(level.shape[:2]) > _SMALLEST:
        level = _halved(level)
        small = len(levels) > 1
        levels.append(np.asarray(cv2.cvtColor(level, colour), np.uint8) if small else level)
    return levels


def _some(image: Image) -> Image:
    flat = image.reshape(-1)
    return flat[:: max(1, flat.size // _LOOKED_AT)]


def _halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Area mean of 2 x 2; an odd last row or column is repeated, so that cells align."""
    height, width = image.shape[:2]
    half = np.empty(((height + 1) // 2, (width + 1) // 2, *image.shape[2:]), np.uint8)
    even = image[: height // 2 * 2, : width // 2 * 2]
    if even.size:
        half[: height // 2, : width // 2] = _means(even)
    if width % 2:
        half[:, -1] = _halved(image[:, [-1, -1]])[:, 0]
    if height % 2:
        half[-1:] = _halved(image[[-1, -1]])[:1]
    return half


def _means(even: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = even.shape[:2]
    half = cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, dtype=np.uint8)
