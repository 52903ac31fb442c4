"""Lengths in the image: pixels, and millimetres where a pixel's size is known."""

from __future__ import annotations

import math

SMALLEST_MM, LARGEST_MM = 1e-6, 1e3
"""Bounds of a pixel's size: a nanometre to a metre."""


def bar_of(most: float, pixel_size_mm: float | None) -> tuple[float, str]:
    """The longest round length of at most `most` pixels: its pixels, and how it is written.

    Round are 1, 2 and 5 times a power of ten, of millimetres where `pixel_size_mm` is known.
    """
    unit = 1.0 if pixel_size_mm is None else pixel_size_mm
    length = _round_below(most * unit)
    if pixel_size_mm is None:
        length = max(1.0, length)
    return length / unit, length_text(length / unit, pixel_size_mm)


def length_text(pixels: float, pixel_size_mm: float | None) -> str:
    """A length for reading: "20 px", "250 µm", "1.5 mm", "2 m"."""
    if pixel_size_mm is None:
        return f"{pixels:g} px"
    millimetres = pixels * pixel_size_mm
    if abs(millimetres) >= 1000:
        return f"{millimetres / 1000:.4g} m"
    if 0 < abs(millimetres) < 0.1:
        return f"{millimetres * 1000:.4g} µm"
    return f"{millimetres:.4g} mm"


def _round_below(length: float) -> float:
    power = 10.0 ** math.floor(math.log10(length))
    # A length that is round already must not fall to the next one by its last bit.
    return max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9))
