"""Whether two pictures of the window show the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LEVELS = 32
"""A channel of a pixel may differ by so much: rounding, and the 256 colours of a reference."""
SIDE = 16
"""Points; a square of this side is judged for itself, or a small icon would be lost in a window."""
SHARE = 0.04
"""Of a square's pixels may differ by more."""

Picture = NDArray[np.uint8]


def read(path: Path) -> Picture:
    """uint8 (H, W, 3)."""
    return np.asarray(Image.open(path).convert("RGB"))


def keep(picture: Path, reference: Path) -> None:
    """Keep a picture in 256 colours, which is half of its bytes."""
    reference.parent.mkdir(parents=True, exist_ok=True)
    whole = Image.open(picture).convert("RGB")
    small = whole.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(reference, optimize=True)


def worst(shown: Picture, reference: Picture, scale: int) -> tuple[float, tuple[int, int]]:
    """The share of other pixels in the square that differs most, and where it begins, in pixels.

    Squares overlap by half. Pictures of other sizes differ wholly.
    """
    if shown.shape != reference.shape:
        return 1.0, (0, 0)
    other = np.abs(shown.astype(np.int16) - reference).max(axis=2) > LEVELS
    half = SIDE * scale // 200
    height, width = (length // half * half for length in other.shape)
    counts = other[:height, :width].reshape(height // half, half, width // half, half)
    small = counts.sum(axis=(1, 3))
    squares = small[:-1, :-1] + small[1:, :-1] + small[:-1, 1:] + small[1:, 1:]
    row, column = np.unravel_index(squares.argmax(), squares.shape)
    return float(squares.max() / (2 * half) ** 2), (int(row) * half, int(column) * half)
