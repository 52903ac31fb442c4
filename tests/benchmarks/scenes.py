"""Masks of the shapes that defects have, and textured scenes to blend: for benchmarks and tests.

Nothing random is left to chance: the same size and seed make the same mask and the same pixels.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import FULL_RANGE, Mask

MARGIN = 8
"""Pixels of background left around every mask."""

_TILE = 512


def ellipse(pixels: int, seed: int = 0) -> Mask:
    """One ellipse, 1.3 times as wide as high."""
    tall = np.sqrt(pixels / (1.3 * np.pi))
    wide = 1.3 * tall
    rows, columns = np.ogrid[-int(tall) - 1 : int(tall) + 2, -int(wide) - 1 : int(wide) + 2]
    return _framed((rows / tall) ** 2 + (columns / wide) ** 2 < 1)


def blobs(pixels: int, seed: int = 0) -> Mask:
    """Round blobs of many sizes, 30 % of their box: thresholded smooth noise."""
    side = round(np.sqrt(pixels / 0.30))
    grid = np.random.default_rng(seed).normal(size=(64, 64)).astype(np.float32)
    smooth = cv2.GaussianBlur(grid, (0, 0), 1.0)
    noise = cv2.resize(smooth, (side, side), interpolation=cv2.INTER_CUBIC)
    return _framed(noise > np.quantile(noise, 0.70))


def cracks(pixels: int, seed: int = 0) -> Mask:
    """Long random walks 3 to 9 px wide that branch and thin out, about 6 % of their box."""
    rng = np.random.default_rng(seed)
    side = round(np.sqrt(pixels / 0.06))
    drawn = np.zeros((side, side), np.uint8)
    while np.count_nonzero(drawn) < pixels:
        _crack(drawn, rng.uniform(0.1, 0.9, 2) * side, rng.uniform(0, 2 * np.pi), 9.0, rng)
    return _framed(drawn > 0)


def _crack(
    drawn: NDArray[np.uint8],
    start: NDArray[np.float64],
    angle: float,
    width: float,
    rng: np.random.Generator,
) -> None:
    """A crack with its branches, which start thinner than it is."""
    side = drawn.shape[0]
    step = max(4.0, side / 80)
    for _ in range(int(rng.integers(20, 60))):
        angle += rng.normal(0, 0.35)
        end = start + step * np.array([np.cos(angle), np.sin(angle)])
        ends = [tuple(np.rint(spot).astype(int).tolist()) for spot in (start, end)]
        cv2.line(drawn, *ends, 1, round(width))
        width = max(3.0, width * rng.uniform(0.96, 1.0))
        if width > 4 and rng.random() < 0.06:
            _crack(drawn, end, angle + rng.choice([-1, 1]) * 0.8, width * 0.7, rng)
        if not (end > 0).all() or not (end < side).all():
            return
        start = end


SHAPES = {"ellipse": ellipse, "cracks": cracks, "blobs": blobs}


def textured(mask: Mask, seed: int = 1) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Background and content (h, w, 3) of a mask: unlike textures, the content about 60 darker."""
    rng = np.random.default_rng(seed)
    background = np.stack([_texture(rng, 130, 1.0) for _ in range(3)], axis=-1)
    content = np.stack([_texture(rng, 74, 0.8) for _ in range(3)], axis=-1)
    return _tiled(background, mask), _tiled(content, mask)


def noisy(mask: Mask, seed: int = 2) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """The worst case: every pixel of background and content is any of the 65536 levels."""
    rng = np.random.default_rng(seed)
    tiles = rng.integers(0, 65536, (2, _TILE, _TILE, 3), np.uint16)
    return _tiled(tiles[0], mask), _tiled(tiles[1], mask)


def in_depth(image: NDArray[np.uint8], dtype: str) -> NDArray[Any]:
    """The same picture in the full range of another type."""
    if dtype == "float32":
        return image / np.float32(255)
    return image.astype(dtype) * np.dtype(dtype).type(FULL_RANGE[np.dtype(dtype)] / 255)


def _texture(rng: np.random.Generator, mean: float, contrast: float) -> NDArray[np.uint8]:
    """Slow shades, structures of some pixels and a sensor's noise."""
    small = (_TILE // 40, _TILE // 40)
    shades = cv2.resize(rng.normal(0, 25, small), (_TILE, _TILE), interpolation=cv2.INTER_CUBIC)
    structure = cv2.GaussianBlur(rng.normal(0, 1, (_TILE, _TILE)), (0, 0), 3)
    structure *= 12 / structure.std()
    field = mean + contrast * (shades + structure + rng.normal(0, 4, (_TILE, _TILE)))
    return np.clip(np.rint(field), 0, 255).astype(np.uint8)


def _tiled(tile: NDArray[Any], mask: Mask) -> NDArray[Any]:
    height, width = mask.shape
    times = (-(-height // _TILE), -(-width // _TILE), 1)
    return np.ascontiguousarray(np.tile(tile, times)[:height, :width])


def _framed(mask: Mask) -> Mask:
    return np.pad(mask, MARGIN)
