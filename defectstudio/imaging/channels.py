"""Grey and colour."""

from __future__ import annotations

import numpy as np

from defectstudio.imaging.types import Unit, planes

LUMINANCE = (0.299, 0.587, 0.114)
"""Of red, green and blue (ITU-R BT.601)."""


def with_channels(pixels: Unit, channels: int) -> Unit:
    """(h, w) or (h, w, C) as (h, w, channels): grey repeated, colour as its luminance."""
    stack = planes(pixels)
    if stack.shape[2] == channels:
        return stack
    if channels == 1:
        grey: Unit = (stack * np.array(LUMINANCE, np.float32)).sum(
            axis=2, keepdims=True, dtype=np.float32
        )
        return grey
    return np.repeat(stack, channels, axis=2)
