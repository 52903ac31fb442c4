"""What is seen of single pixels from near: their borders and their values."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from defectstudio.imaging.types import Image

GRID_FROM, VALUES_FROM = 8.0, 40.0
"""Device pixels a pixel."""
_INK = (QColor(255, 255, 255), QColor(0, 0, 0))
_GRID = QColor(128, 128, 128, 110)


def draw_grid(painter: QPainter, part: QRectF) -> None:
    """Lines between the pixels of a part of the image.

    Filled boxes of the screen: lines under a clip of several boxes take ten times as long.
    """
    left, top, right, bottom = _cells(part)
    world, thin = painter.worldTransform(), 1 / painter.device().devicePixelRatioF()
    area = world.mapRect(QRectF(left, top, right - left, bottom - top))
    painter.save()
    painter.resetTransform()
    for column in range(left, right + 1):
        x = round(world.m11() * column + world.dx())
        painter.fillRect(QRectF(x, area.top(), thin, area.height()), _GRID)
    for row in range(top, bottom + 1):
        y = round(world.m22() * row + world.dy())
        painter.fillRect(QRectF(area.left(), y, area.width(), thin), _GRID)
    painter.restore()


def draw_values(
    painter: QPainter, part: QRectF, native: Image, shown: NDArray[np.uint8], at: tuple[int, int]
) -> None:
    """The value of each pixel inside it: one number, or three of red, green and blue.

    part: of the image; native: the values, whose first pixel lies at row and column `at`; shown:
    the same on screen, which tells whether light or dark ink is read best.
    """
    top, left = at
    world = painter.worldTransform()
    area = part.intersected(QRectF(left, top, native.shape[1], native.shape[0]))
    first, above, last, below = _cells(area)
    side = world.m11()
    painter.save()
    painter.resetTransform()
    painter.setFont(_font(painter.font(), side))
    for row in range(above, below):
        for column in range(first, last):
            place = world.mapRect(QRectF(column, row, 1, 1))
            values = np.atleast_1d(native[row - top, column - left]).tolist()
            painter.setPen(_INK[_is_light(shown[row - top, column - left])])
            painter.drawText(
                place, Qt.AlignmentFlag.AlignCenter, "\n".join(str(value) for value in values)
            )
    painter.restore()


def _cells(part: QRectF) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the pixels that the part touches."""
    if part.isEmpty():
        return 0, 0, 0, 0
    right, bottom = math.ceil(part.right()), math.ceil(part.bottom())
    return math.floor(part.left()), math.floor(part.top()), right, bottom


def _font(font: QFont, side: float) -> QFont:
    made = QFont(font)
    made.setPixelSize(max(6, min(11, round(side / 4))))
    return made


def _is_light(pixel: NDArray[np.uint8]) -> bool:
    """Whether dark ink has more contrast on it."""
    red, green, blue = (int(band) for band in np.broadcast_to(pixel, 3))
    return 0.299 * red + 0.587 * green + 0.114 * blue > 117
