"""The one item of the canvas: image, preview, painted classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QRegion
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from defectstudio.app.label_plane import LEVELS, LabelPlane
from defectstudio.app.outlines import Lines
from defectstudio.app.palette import class_colour
from defectstudio.gui.canvas.layers import Levels, cover_for
from defectstudio.gui.canvas.pixels import GRID_FROM, VALUES_FROM, draw_grid, draw_values
from defectstudio.gui.canvas.tints import Look, Tint, class_looks
from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import Image


class Overlay(Enum):
    """How painted classes are shown."""

    FILL = "fill"
    OUTLINE = "outline"
    HIDDEN = "hidden"


class CanvasItem(QGraphicsItem):
    """Draws whole levels under Qt's clip: source sub-rectangles shift pixels at odd zooms."""

    def __init__(self, refreshed: Callable[[], object] = lambda: None) -> None:
        """refreshed: called after a box of it was to be drawn again."""
        super().__init__()
        self._refreshed = refreshed
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._image: Levels | None = None
        self._native: Image | None = None
        self._labels: Tint | None = None
        self._laid: dict[str, Tint] = {}
        self._preview: tuple[Levels, Box] | None = None
        self._outlines: dict[int, QPainterPath] = {}
        self._overlay = Overlay.FILL
        self._near = True
        self._cell = 1
        """Pixels that a cell of the painted classes had when they were last drawn."""

    @property
    def overlay(self) -> Overlay:
        return self._overlay

    def show_image(
        self,
        levels: Sequence[NDArray[np.uint8]],
        plane: LabelPlane,
        native: Image | None = None,
    ) -> None:
        """Show an image's pyramid and its label plane; both are looked at, not copied.

        native: the values written into pixels seen from near; None: those of level 0.
        """
        self.prepareGeometryChange()
        self._native = levels[0] if native is None else native
        self._preview, self._outlines, self._laid = None, {}, {}
        self._image, self._labels = Levels(levels), Tint(plane, class_looks())
        self.update()

    def show_levels(self, levels: Sequence[NDArray[np.uint8]]) -> None:
        """Show the same image in other tones."""
        self._image = Levels(levels)
        self.update()
        self._refreshed()

    def show_nothing(self) -> None:
        """Let go of the image."""
        self.prepareGeometryChange()
        self._image = self._native = self._labels = self._preview = None
        self._outlines, self._laid = {}, {}

    def lay(self, name: str, plane: LabelPlane, looks: Mapping[int, Look]) -> None:
        """Lay a plane of the image's size over everything else, in place of an earlier `name`.

        Another image takes it away. Values without a look are clear; Tab hides it with the rest.
        """
        assert self._labels is not None and plane.shape == self._labels.plane.shape
        self._laid[name] = Tint(plane, looks)
        self.update()

    def take_away(self, name: str) -> None:
        """Take a laid plane away again; unknown names are fine."""
        if self._laid.pop(name, None) is not None:
            self.update()

    def show_preview(self, levels: Sequence[NDArray[np.uint8]] | None, box: Box | None) -> None:
        """Lay a blended box over the image; None takes it away."""
        if self._preview is not None:
            self.refresh(self._preview[1])
        self._preview = None
        if levels is not None and box is not None:
            self._preview = Levels(levels), box
            self.refresh(box)

    def show_outlines(self, lines: dict[int, Lines], box: Box | None) -> None:
        """Borders of the painted classes relative to `box`, drawn in OUTLINE mode."""
        top, left = (box.top, box.left) if box else (0, 0)
        self._outlines = {
            class_id: _path(ends + np.float32([top, left, top, left]))
            for class_id, ends in lines.items()
        }
        self.update()

    def set_overlay(self, overlay: Overlay) -> None:
        """Change how painted classes are shown."""
        if overlay is not self._overlay:
            self._overlay = overlay
            self.update()
            self._refreshed()

    def show_near(self, shown: bool) -> None:
        """Draw borders and values of pixels that are seen from near, or do not."""
        self._near = shown
        self.update()

    def refresh(self, box: Box) -> None:
        """Draw a box of pixels again, with the cells of the level on screen that hold it."""
        cell = self._cell
        left, top = box.left // cell * cell - 1, box.top // cell * cell - 1
        right, bottom = -(-box.right // cell) * cell + 1, -(-box.bottom // cell) * cell + 1
        self.update(left, top, right - left, bottom - top)
        self._refreshed()

    def draw_small(self, painter: QPainter, zoom: float) -> None:
        """Draw image and painted classes at the painter's origin, without what helps from near."""
        if self._image is None or self._labels is None:
            return
        self._image.draw(painter, zoom)
        if self._overlay is not Overlay.HIDDEN:
            self._labels.draw(painter, zoom, self.boundingRect())

    def boundingRect(self) -> QRectF:  # noqa: N802
        if self._image is None:
            return QRectF()
        width, height = self._image.size
        return QRectF(0, 0, width, height)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        if self._image is None:
            return
        zoom = painter.worldTransform().m11() * painter.device().devicePixelRatioF()
        self._cell = 1 << cover_for(zoom, LEVELS)
        painter.setClipRect(self.boundingRect(), Qt.ClipOperation.IntersectClip)
        self._image.draw(painter, zoom)
        if self._preview is not None:
            self._draw_preview(painter, zoom, *self._preview)
        if self._overlay is not Overlay.HIDDEN:
            self._draw_overlays(painter, zoom, option.exposedRect)
        if self._near and zoom >= GRID_FROM:
            self._draw_pixels(painter, zoom, option.exposedRect)

    def _draw_overlays(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        if self._overlay is Overlay.FILL and self._labels is not None:
            self._labels.draw(painter, zoom, exposed)
        for tint in self._laid.values():
            tint.draw(painter, zoom, exposed)
        if self._overlay is Overlay.OUTLINE:
            self._draw_outlines(painter)

    def _draw_pixels(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        part = exposed.intersected(self.boundingRect())
        draw_grid(painter, part)
        if zoom < VALUES_FROM:
            return
        painter.save()
        if self._preview is not None:
            levels, box = self._preview
            blended = levels.level_0
            # Of 16 bits only what is on screen is here: better no number than a wrong one.
            if self._native.dtype == np.uint8:
                draw_values(painter, part, blended, blended, (box.top, box.left))
            own = QRegion(box.left, box.top, box.width, box.height)
            whole = QRegion(self.boundingRect().toAlignedRect())
            painter.setClipRegion(whole - own, Qt.ClipOperation.IntersectClip)
        draw_values(painter, part, self._native, self._image.level_0, (0, 0))
        painter.restore()

    def _draw_preview(self, painter: QPainter, zoom: float, levels: Levels, box: Box) -> None:
        painter.save()
        painter.setClipRect(
            QRectF(box.left, box.top, box.width, box.height), Qt.ClipOperation.IntersectClip
        )
        painter.translate(QPointF(box.left, box.top))
        levels.draw(painter, zoom)
        painter.restore()

    def _draw_outlines(self, painter: QPainter) -> None:
        # A thin line without a border of its own: a scratch of two pixels must stay visible.
        for class_id, path in self._outlines.items():
            pen = QPen(QColor(*class_colour(class_id)))
            pen.setWidthF(1.0)
            pen.setCosmetic(True)
            painter.strokePath(path, pen)


def _path(lines: Lines) -> QPainterPath:
    path = QPainterPath()
    for row, column, end_row, end_column in lines.tolist():
        path.moveTo(column, row)
        path.lineTo(end_column, end_row)
    return path
