"""Names for the arrays that pass between functions. Shapes are (row, column), colour is RGB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8] | NDArray[np.uint16]
"""(H, W) or (H, W, 3), full range of its type."""
Mask = NDArray[np.bool_]
"""(H, W)."""
Label = NDArray[np.uint8]
"""(H, W) of class ids: 0 background, 1..254 classes, 255 void."""
Unit = NDArray[np.float32]
"""(H, W) or (H, W, 3) in [0, 1]."""
Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
"""(H, W) or (H, W, C), full range of its type: 1 for float32."""
FULL_RANGE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}


def planes(image: NDArray[Any]) -> NDArray[Any]:
    """(h, w, c) of an image with or without a channel axis, a view."""
    return image if image.ndim == 3 else image[..., None]


@dataclass(frozen=True)
class ImageHeader:
    """What an image is before it is decoded: as it will be read, rotation by EXIF included.

    channels is 1 or 3, depth 8 or 16 bits.
    """

    height: int
    width: int
    channels: int
    depth: int
