"""NumPy levels as images Qt can draw, without copies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

_FORMATS = {
    1: QImage.Format.Format_Grayscale8,
    3: QImage.Format.Format_RGB888,
    4: QImage.Format.Format_RGB32,
}


class Levels:
    """A picture and its halves, drawn from the level nearest to the screen's resolution.

    The arrays are kept, since the images only look at their memory.
    """

    def __init__(self, arrays: Sequence[NDArray[np.uint8]]) -> None:
        self._arrays = list(arrays)
        self._images = [image_on(array) for array in self._arrays]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of level 0."""
        return self._images[0].width(), self._images[0].height()

    @property
    def level_0(self) -> NDArray[np.uint8]:
        """The picture itself."""
        return self._arrays[0]

    def draw(self, painter: QPainter, zoom: float) -> None:
        """Draw at the painter's origin; `zoom` is device pixels per pixel of level 0."""
        level = level_for(zoom, len(self._images))
        draw_level(painter, self._images, level, smooth=zoom < 1)


def draw_level(
    painter: QPainter, images: Sequence[QImage], level: int, *, smooth: bool = False
) -> None:
    """Draw a level over the area of level 0."""
    painter.save()
    painter.scale(1 << level, 1 << level)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(QPointF(0, 0), images[level])
    painter.restore()


def level_for(zoom: float, count: int) -> int:
    """The smallest level that still has at least one cell a device pixel."""
    if zoom >= 1:
        return 0
    return min(count - 1, math.floor(math.log2(1 / zoom)))


def cover_for(zoom: float, count: int) -> int:
    """The smallest level whose cells cover a device pixel: drawn to the nearest, none is missed."""
    if zoom >= 1:
        return 0
    return min(count - 1, math.ceil(math.log2(1 / zoom)))


def steady(zoom: float, count: int) -> float:
    """The nearest zoom at which a part drawn again meets what is around it to the pixel.

    Qt goes through a scaled picture in steps of 65536ths of a cell, cut off (fetchTransformed in
    qdrawhelper.cpp): what is left over adds up from where the drawn part begins, and a pixel on
    the border of two cells shows one or the other. At a steady zoom nothing is left over. At whole
    multiples no pixel lies on such a border.
    """
    if zoom % 1 == 0:
        return zoom
    cell = 1 << cover_for(zoom, count)
    exact = 65536 / (round(65536 / (zoom * cell)) * cell)
    # A hair more than a whole step, since it is cut off; powers of two are whole as they are.
    return exact if math.frexp(exact)[0] == 0.5 else exact * (1 - 1e-12)


def image_on(array: NDArray[np.uint8]) -> QImage:
    """A QImage that looks at the array's memory."""
    height, width = array.shape[:2]
    bands = array.shape[2] if array.ndim == 3 else 1
    return QImage(array.data, width, height, width * bands, _FORMATS[bands])
