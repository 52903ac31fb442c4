"""Small pictures, read when they are first looked at and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.imaging.reading import read_image, thumbnail

SIDE = 160
_KEPT = 1500


class Drawing(Protocol):
    """Something to be drawn, known by its value."""

    def read(self) -> QImage:
        """Its picture; called off the window's thread."""


Source = Path | Drawing
"""A file of which the whole is shown, or a drawing."""


class Thumbnails(QObject):
    """A cache of pixmaps by source. arrived: a source's picture is there."""

    arrived = Signal(object)

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Background("thumbnails", bridge)
        self._pictures: OrderedDict[Source, QPixmap] = OrderedDict()
        self._asked: set[Source] = set()

    def get(self, source: Source, size: QSize, ratio: float) -> QPixmap | None:
        """The picture to fit `size` logical pixels, None until it is read."""
        picture = self._pictures.get(source)
        if picture is None:
            self._ask(source)
            return None
        self._pictures.move_to_end(source)
        if picture.isNull():
            return picture
        scaled = picture.scaled(
            size * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        scaled.setDevicePixelRatio(ratio)
        return scaled

    def close(self) -> None:
        """Stop reading."""
        self._reader.close(drop=True)

    def _ask(self, source: Source) -> None:
        if source not in self._asked:
            self._asked.add(source)
            self._reader.run(
                lambda: _read(source),
                lambda image: self._keep(source, QPixmap.fromImage(image)),
                # The error is shown when the image is opened; here an empty tile says enough.
                lambda _error: self._keep(source, QPixmap()),
            )

    def _keep(self, source: Source, picture: QPixmap) -> None:
        self._asked.discard(source)
        self._pictures[source] = picture
        while len(self._pictures) > _KEPT:
            self._pictures.popitem(last=False)
        self.arrived.emit(source)


def _read(source: Source) -> QImage:
    if not isinstance(source, Path):
        return source.read()
    small = thumbnail(read_image(source), SIDE)
    height, width = small.shape[:2]
    # The copy owns its pixels; the array is gone when this returns.
    return QImage(small.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
