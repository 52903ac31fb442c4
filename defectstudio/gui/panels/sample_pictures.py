"""What is drawn of a sample: a part of it, and its label's outlines as a layer of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLineF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from defectstudio.app.outlines import outlines
from defectstudio.app.palette import class_colour
from defectstudio.app.reviewing import close_up
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import read_image, read_label, thumbnail
from defectstudio.imaging.types import Label


@dataclass(frozen=True)
class SamplePicture:
    """The picture of a sample, at most `side` pixels; near: only its defects with some room."""

    image: Path
    label: Path
    near: bool
    side: int

    def read(self) -> QImage:
        """Read it; slow."""
        box = _box(read_label(self.label), near=self.near)
        small = thumbnail(read_image(self.image)[box.slices], self.side)
        height, width = small.shape[:2]
        # The copy owns its pixels; the array is gone when this returns.
        return QImage(small.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


@dataclass(frozen=True)
class SampleOutlines:
    """The outlines of a sample's label over the same part, its longer side `side` pixels."""

    label: Path
    near: bool
    side: int

    def read(self) -> QImage:
        """Draw them; slow."""
        label = read_label(self.label)
        box = _box(label, near=self.near)
        return _drawn(label[box.slices], self.side)


def _box(label: Label, *, near: bool) -> Box:
    return close_up(label) if near else Box(0, 0, *label.shape)


def _drawn(label: Label, side: int) -> QImage:
    height, width = label.shape
    scale = side / max(height, width)
    size = QSize(max(1, round(width * scale)), max(1, round(height * scale)))
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for class_id, lines in outlines(label).items():
        drawn = [QLineF(left, top, right, bottom) for top, left, bottom, right in lines.tolist()]
        # A dark line below the coloured one: either is seen on any ground.
        for colour, pixels in ((QColor(0, 0, 0, 170), 4.0), (QColor(*class_colour(class_id)), 2.0)):
            painter.setPen(QPen(colour, pixels / scale, c=Qt.PenCapStyle.RoundCap))
            painter.save()
            painter.scale(scale, scale)
            painter.drawLines(drawn)
            painter.restore()
    painter.end()
    return image
