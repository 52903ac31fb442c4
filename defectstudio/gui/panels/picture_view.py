"""A picture as large as its place allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QWidget

from defectstudio.gui.pictures import picture


class PictureView(QWidget):
    """Shows a text until there is a picture. as_wide: as high as the picture is at full width."""

    def __init__(self, name: str, text: str = "", *, as_wide: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._text, self._as_wide = text, as_wide
        self.image = QImage()

    def show_pixels(self, pixels: NDArray[np.uint8] | None) -> None:
        """Show grey (h, w) or RGB (h, w, 3) pixels; None: the text again."""
        self.image = QImage() if pixels is None else picture(pixels)
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if self.image.isNull():
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._text)
        else:
            kept = Qt.AspectRatioMode.KeepAspectRatio
            size: QSize = self.image.size().scaled(self.size(), kept)
            place = QRect(0, 0, size.width(), size.height())
            place.moveCenter(self.rect().center())
            shrinks = size.width() * self.devicePixelRatioF() < self.image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
            painter.drawImage(place, self.image)
        painter.end()

    def _fit(self) -> None:
        if not self._as_wide:
            return
        if self.image.isNull():
            self.setFixedHeight(3 * self.fontMetrics().height() if self._text else 0)
        else:
            height = self.width() * self.image.height() // max(1, self.image.width())
            self.setFixedHeight(min(height, 18 * self.fontMetrics().height()))
