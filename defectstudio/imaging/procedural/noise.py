"""Smooth random fields from which the scenes are built."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

_BROAD = 4


def smooth(
    height: int, width: int, rng: np.random.Generator, *, row_px: float, column_px: float
) -> Field:
    """Gaussian-like noise float32 (height, width), zero mean, about unit deviation.

    row_px, column_px: size of its features along rows and columns in pixels (1 = white).
    A coarse random grid, cubically enlarged; the cut's offset is random so that the grid
    of two fields never coincides. Broad features are made on fewer pixels, for speed.
    """
    if min(row_px, column_px) >= 4 * _BROAD:
        rows, columns = -(-height // _BROAD), -(-width // _BROAD)
        small = smooth(rows, columns, rng, row_px=row_px / _BROAD, column_px=column_px / _BROAD)
        return np.asarray(cv2.resize(small, (width, height)), dtype=np.float32)
    rows, columns = _grid(height, row_px), _grid(width, column_px)
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    scale_y = 1.0 if row_px <= 1 else row_px
    scale_x = 1.0 if column_px <= 1 else column_px
    shift_y = 1 + float(rng.random()) if row_px > 1 else 0.0
    shift_x = 1 + float(rng.random()) if column_px > 1 else 0.0
    to_coarse = np.array([[1 / scale_x, 0, shift_x], [0, 1 / scale_y, shift_y]], dtype=np.float32)
    field = cv2.warpAffine(
        coarse, to_coarse, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )
    return np.asarray(field * np.float32(1.25), dtype=np.float32)


def fractal(
    height: int,
    width: int,
    rng: np.random.Generator,
    *,
    row_px: float,
    column_px: float,
    octaves: int = 4,
) -> Field:
    """Sum of `octaves` of `smooth`, each half as large and half as strong; about unit deviation."""
    total = np.zeros((height, width), dtype=np.float32)
    power = 0.0
    for octave in range(octaves):
        weight = 0.5**octave
        total += np.float32(weight) * smooth(
            height, width, rng, row_px=row_px / 2**octave, column_px=column_px / 2**octave
        )
        power += weight * weight
    return np.asarray(total / np.float32(np.sqrt(power)), dtype=np.float32)


def streaks(height: int, width: int, rng: np.random.Generator, *, length_px: float) -> Field:
    """White along columns of pixels, correlated over `length_px` along rows; unit deviation.

    A horizontal Gaussian over white noise, long ones on fewer columns, which are then enlarged.
    """
    coarse = max(1.0, length_px / 4)
    sigma = length_px / coarse
    pad = int(3 * sigma) + 2
    columns = int(np.ceil(width / coarse)) + 2 * pad
    white = rng.standard_normal((height, columns), dtype=np.float32)
    blurred = cv2.sepFilter2D(white, cv2.CV_32F, _gaussian(sigma), np.ones(1, np.float32))
    to_coarse = np.array([[1 / coarse, 0, pad], [0, 1, 0]], dtype=np.float32)
    cut = cv2.warpAffine(
        blurred, to_coarse, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )
    return np.asarray(cut * np.float32(np.sqrt(2 * np.sqrt(np.pi) * sigma)), dtype=np.float32)


def soften(field: Field, sigma: float) -> Field:
    """Gaussian blur of a float32 (H, W) or (H, W, C) array by `sigma` pixels; 0 copies."""
    if sigma <= 0:
        return field.copy()
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), dtype=np.float32)


def step(low: float, high: float, field: Field) -> Field:
    """Smooth step from 0 (field <= low) to 1 (field >= high), float32; high may be below low."""
    t = np.clip((field - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def _grid(size: int, feature_px: float) -> int:
    return size if feature_px <= 1 else int(np.ceil(size / feature_px)) + 5


def _gaussian(sigma: float) -> Field:
    radius = int(3 * sigma)
    x = np.arange(-radius, radius + 1, dtype=np.float32)
    kernel = np.exp(-0.5 * (x / np.float32(sigma)) ** 2)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)
