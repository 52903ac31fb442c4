"""Planes of small numbers laid over the image as colours and hatches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QRegion, QTransform, qRgba

from defectstudio.app.label_plane import BLOCK, LabelPlane, Plane
from defectstudio.app.palette import Rgb, class_colour
from defectstudio.gui.canvas.layers import cover_for, draw_level

OPACITY = 0.55


class Hatch(Enum):
    """A pattern, so that nothing is told by colour alone."""

    PLAIN = "plain"
    RISING = "rising"
    FALLING = "falling"
    DOTS = "dots"


@dataclass(frozen=True)
class Look:
    """How one value of a plane is shown."""

    colour: Rgb
    opacity: float = OPACITY
    hatch: Hatch = Hatch.PLAIN


def class_looks() -> dict[int, Look]:
    """Every class in its colour."""
    return {value: Look(class_colour(value)) for value in range(1, 256)}


class Tint:
    """A plane and the looks of its values; values without a look are not drawn.

    The plane is looked at, not copied: write into it, refresh it, then refresh the item's box.
    """

    def __init__(self, plane: LabelPlane, looks: Mapping[int, Look]) -> None:
        self.plane = plane
        self._passes = []
        for hatch in Hatch:
            own = {value: look for value, look in looks.items() if look.hatch is hatch}
            if own:
                table = _table(own)
                self._passes.append((hatch, [_tinted(level, table) for level in plane.levels]))

    def draw(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Draw at the painter's origin what lies in `exposed`; nearest: values are not mixed."""
        painted = self._painted_blocks(exposed)
        if painted.isEmpty():
            return
        level = cover_for(zoom, len(self.plane.levels))
        painter.save()
        painter.setClipRegion(painted, Qt.ClipOperation.IntersectClip)
        for hatch, images in self._passes:
            if hatch is Hatch.PLAIN:
                draw_level(painter, images, level)
            else:
                _draw_hatched(painter, images, level, exposed, hatch)
        painter.restore()

    def _painted_blocks(self, exposed: QRectF) -> QRegion:
        region = QRegion()
        top, left = max(0, int(exposed.top()) // BLOCK), max(0, int(exposed.left()) // BLOCK)
        bottom, right = int(exposed.bottom()) // BLOCK + 1, int(exposed.right()) // BLOCK + 1
        rows, columns = np.nonzero(self.plane.levels[-1][top:bottom, left:right])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            region += QRegion((left + column) * BLOCK, (top + row) * BLOCK, BLOCK, BLOCK)
        return region


def _tinted(plane: Plane, table: list[int]) -> QImage:
    """An image that looks at the plane's memory, in the colours of the table."""
    height, width = plane.shape
    image = QImage(plane.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(table)
    return image


def _table(looks: Mapping[int, Look]) -> list[int]:
    colours = [0] * 256
    for value, look in looks.items():
        colours[value] = qRgba(*look.colour, round(255 * look.opacity))
    return colours


def _draw_hatched(
    painter: QPainter, images: list[QImage], level: int, exposed: QRectF, hatch: Hatch
) -> None:
    """Draw aside, take the gaps of the pattern out, lay the rest on the painter.

    The pattern is bound to the image's origin: what scrolls keeps it, a part drawn again meets it.
    """
    world = painter.worldTransform()
    room = QRectF(0, 0, painter.device().width(), painter.device().height())
    place = world.mapRect(exposed).intersected(room).toAlignedRect()
    if place.isEmpty():
        return
    ratio = painter.device().devicePixelRatioF()
    aside = QImage(place.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    aside.setDevicePixelRatio(ratio)
    aside.fill(0)
    inner = QPainter(aside)
    inner.setTransform(world * QTransform.fromTranslate(-place.left(), -place.top()))
    draw_level(inner, images, level)
    inner.resetTransform()
    inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    inner.setBrushOrigin(round(world.dx()) - place.left(), round(world.dy()) - place.top())
    inner.fillRect(0, 0, place.width(), place.height(), QBrush(_pattern(hatch)))
    inner.end()
    painter.save()
    painter.resetTransform()
    painter.drawImage(place.topLeft(), aside)
    painter.restore()


def _pattern(hatch: Hatch, side: int = 12) -> QImage:
    """A tile of full lines or dots and faint gaps."""
    rows, columns = np.mgrid[:side, :side]
    lines = {
        Hatch.RISING: (rows + columns) % side < 4,
        Hatch.FALLING: (rows - columns) % side < 4,
        Hatch.DOTS: (rows % (side // 2) < 3) & (columns % (side // 2) < 3),
    }[hatch]
    alpha = np.where(lines, 255, 50).astype(np.uint32)
    pixels = np.ascontiguousarray(alpha * 0x01010101)
    tile = QImage(pixels.data, side, side, QImage.Format.Format_ARGB32_Premultiplied)
    return tile.copy()
