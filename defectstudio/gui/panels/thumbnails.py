"""Small pictures, read when they are first looked at and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.imaging.reading import read_image, thumbnail

SIDE = 160
_KEPT = 1500


class Thumbnails(QObject):
    """A cache of pixmaps by file. arrived: a file's picture is there."""

    arrived = Signal(object)

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Background("thumbnails", bridge)
        self._pictures: OrderedDict[Path, QPixmap] = OrderedDict()
        self._asked: set[Path] = set()

    def get(self, file: Path, size: QSize, ratio: float) -> QPixmap | None:
        """The picture to fit `size` logical pixels, None until it is read."""
        picture = self._pictures.get(file)
        if picture is None:
            self._ask(file)
            return None
        self._pictures.move_to_end(file)
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

    def _ask(self, file: Path) -> None:
        if file not in self._asked:
            self._asked.add(file)
            self._reader.run(
                lambda: _read(file),
                lambda image: self._keep(file, QPixmap.fromImage(image)),
                # The error is shown when the image is opened; here an empty tile says enough.
                lambda _error: self._keep(file, QPixmap()),
            )

    def _keep(self, file: Path, picture: QPixmap) -> None:
        self._asked.discard(file)
        self._pictures[file] = picture
        while len(self._pictures) > _KEPT:
            self._pictures.popitem(last=False)
        self.arrived.emit(file)


def _read(file: Path) -> QImage:
    small = thumbnail(read_image(file), SIDE)
    height, width = small.shape[:2]
    # The copy owns its pixels; the array is gone when this returns.
    return QImage(small.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
