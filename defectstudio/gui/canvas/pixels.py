"""What is seen of single pixels from near: their borders and their values."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from defectstudio.imaging.types import Image

GRID_FROM, VALUES_FROM = 8.0, 40.0
"""Device pixels a pixel."""
_INK = (QColor(255, 255, 255), QColor(0, 0, 0))
_GRID = 0x6E373737
"""Grey of 110 parts in 255, premultiplied."""


def draw_grid(painter: QPainter, part: QRectF) -> None:
    """Lines between the pixels of a part of the image.

    One picture of them all: under a clip of several boxes, lines take ten times as long.
    """
    world, ratio = painter.worldTransform(), painter.device().devicePixelRatioF()
    place = world.mapRect(part).toAlignedRect()
    left, top, right, bottom = _cells(part)
    lines = np.zeros((math.ceil(place.height() * ratio), math.ceil(place.width() * ratio)), "<u4")
    for axis, (first, last, scale, shift, corner) in enumerate(
        (
            (top, bottom, world.m22(), world.dy(), place.top()),
            (left, right, world.m11(), world.dx(), place.left()),
        )
    ):
        at = np.rint((np.arange(first, last + 1) * scale + shift - corner) * ratio).astype(int)
        at = at[(at >= 0) & (at < lines.shape[axis])]
        lines[(at, slice(None)) if axis == 0 else (slice(None), at)] = _GRID
    height, width = lines.shape
    picture = QImage(
        lines.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    )
    picture.setDevicePixelRatio(ratio)
    painter.save()
    painter.resetTransform()
    painter.drawImage(place.topLeft(), picture)
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
