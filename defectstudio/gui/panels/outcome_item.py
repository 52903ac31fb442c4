"""The overlay of a prediction: found, found in error, missed, or its probabilities.

Each is told by a pattern besides its colour. The patterns are drawn in the screen's own pixels
and hang on to the image, so that they do not swim when it is moved.
"""

from __future__ import annotations

import math
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from defectstudio.app.outcomes import ALARM, HIT, MISS, Outcomes
from defectstudio.gui.canvas.layers import level_for
from defectstudio.imaging.masks import Box

COLOURS = {HIT: (0, 158, 115), ALARM: (213, 94, 0), MISS: (0, 114, 178)}
"""Okabe and Ito's green, vermilion and blue, as in the report."""
_STRONG, _WEAK = 215, 70
_SOLID = 120
_TILE = 8
"""Device pixels a pattern repeats in, at a scale of 1."""

Tile = NDArray[np.uint32]


class Shown(Enum):
    """What lies over the image."""

    OUTCOMES = "outcomes"
    HEAT = "heat"
    NOTHING = "nothing"


class OutcomeItem(QGraphicsItem):
    """Computes what the screen shows of it whenever it is drawn: about ten milliseconds for a
    million pixels of the screen, whatever the size of the image."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._outcomes: Outcomes | None = None
        self._threshold = 0.5
        self._shown = Shown.OUTCOMES

    def show_outcomes(self, outcomes: Outcomes | None) -> None:
        """Lay these over the image."""
        self.prepareGeometryChange()
        self._outcomes = outcomes
        self.update()

    def set_threshold(self, threshold: float) -> None:
        """A pixel of at least this probability is found."""
        self._threshold = threshold
        self.update()

    def set_shown(self, shown: Shown) -> None:
        """What is drawn."""
        self._shown = shown
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        if self._outcomes is None:
            return QRectF()
        height, width = self._outcomes.shape
        return QRectF(0, 0, width, height)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        if self._outcomes is None or self._shown is Shown.NOTHING:
            return
        ratio = painter.device().devicePixelRatioF()
        transform = painter.worldTransform()
        zoom = transform.m11() * ratio
        origin = QPointF(transform.dx(), transform.dy()) * ratio
        seen = option.exposedRect.intersected(self.boundingRect())
        columns = _device(seen.left(), seen.right(), zoom)
        rows = _device(seen.top(), seen.bottom(), zoom)
        if not columns.size or not rows.size:
            return
        picture = self._picture(rows, columns, zoom, ratio)
        height, width = picture.shape
        image = QImage(
            picture.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        painter.save()
        painter.resetTransform()
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawImage(QPointF(columns[0], rows[0]) + origin, image)
        painter.restore()

    def _picture(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], zoom: float, ratio: float
    ) -> Tile:
        """ARGB of the screen's rows and columns, counted from the image's first pixel."""
        assert self._outcomes is not None
        height, width = self._outcomes.shape
        level = level_for(zoom, self._outcomes.levels)
        across = _cells(columns, zoom, width, level)
        down = _cells(rows, zoom, height, level)
        box = Box(
            int(down[0]), int(across[0]), int(down[-1] - down[0] + 1),
            int(across[-1] - across[0] + 1),
        )  # fmt: skip
        places = np.ix_(down - down[0], across - across[0])
        if self._shown is Shown.HEAT:
            return _HEAT[(self._outcomes.heat(level, box) >> 8).astype(np.uint8)[places]]
        codes = self._outcomes.codes(level, box, self._threshold)[places]
        return patterned(codes, rows, columns, ratio)


def patterned(
    codes: NDArray[np.uint8], rows: NDArray[np.int64], columns: NDArray[np.int64], ratio: float
) -> Tile:
    """ARGB of codes; the patterns go by the numbers of rows and columns."""
    tiles = _tiles(max(4, round(_TILE * ratio)))
    side = tiles.shape[1]
    place = (rows % side)[:, None] * side + (columns % side)[None, :]
    flat = tiles.reshape(-1)
    drawn: Tile = flat[codes.astype(np.int32) * (side * side) + place.astype(np.int32)]
    return drawn


def swatch(code: int, size: QSize, ratio: float) -> QPixmap:
    """A field of a code's pattern, for the legend."""
    rows, columns = (np.arange(round(side * ratio)) for side in (size.height(), size.width()))
    codes = np.full((rows.size, columns.size), code, np.uint8)
    drawn = np.ascontiguousarray(patterned(codes, rows, columns, ratio))
    image = QImage(
        drawn.data, columns.size, rows.size, 4 * columns.size,
        QImage.Format.Format_ARGB32_Premultiplied,
    )  # fmt: skip
    pixmap = QPixmap(image.size())
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.drawImage(0, 0, image)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _device(low: float, high: float, zoom: float) -> NDArray[np.int64]:
    """Numbers of the screen's pixels from one place of the image to another."""
    return np.arange(math.floor(low * zoom), math.ceil(high * zoom), dtype=np.int64)


def _cells(pixels: NDArray[np.int64], zoom: float, size: int, level: int) -> NDArray[np.int64]:
    """The cells of a level in which the middles of the screen's pixels lie."""
    places = np.floor((pixels + 0.5) / zoom).astype(np.int64)
    cells: NDArray[np.int64] = np.clip(places, 0, size - 1) >> level
    return cells


def _tiles(side: int) -> Tile:
    """(4, side, side): nothing, hits even, false alarms striped, misses checked."""
    row, column = np.mgrid[:side, :side]
    half = side // 2
    strong = {
        HIT: np.zeros((side, side), bool),
        ALARM: (row + column) % side < half,
        MISS: (row < half) ^ (column < half),
    }
    tiles = np.zeros((4, side, side), np.uint32)
    for code, where in strong.items():
        dim = _SOLID if code == HIT else _WEAK
        strong_ink, dim_ink = _argb(COLOURS[code], _STRONG), _argb(COLOURS[code], dim)
        tiles[code] = np.where(where, strong_ink, dim_ink)
    return tiles


def _argb(colour: tuple[int, int, int], alpha: int) -> np.uint32:
    red, green, blue = (round(band * alpha / 255) for band in colour)
    return np.uint32(alpha << 24 | red << 16 | green << 8 | blue)


def _heat() -> Tile:
    """Cividis by probability, clearer the surer."""
    ramp = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_CIVIDIS)
    inks = [
        _argb((int(red), int(green), int(blue)), min(225, round(1.6 * value)))
        for value, (blue, green, red) in enumerate(ramp[:, 0].tolist())
    ]
    return np.array(inks, np.uint32)


_HEAT = _heat()
