"""Small arrays as Qt images that own their pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def picture(pixels: NDArray[np.uint8]) -> QImage:
    """Of grey (h, w) or RGB (h, w, 3) pixels."""
    flat = np.ascontiguousarray(pixels)
    height, width = flat.shape[:2]
    grey = flat.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    # The copy owns its pixels; the array may be gone when this returns.
    return QImage(flat.data, width, height, flat.strides[0], kind).copy()
