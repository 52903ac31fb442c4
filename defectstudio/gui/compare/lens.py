"""One zoom and one place for several panes, so that they always show the same part."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QSizeF, Signal

MOST, LEAST = 64.0, 1 / 64
_STEP = 1.25


class Lens(QObject):
    """scale: logical pixels an image pixel; middle: the image's point in the middle of a pane;
    fitted: whether the whole image is shown, and is to be when a pane is resized.

    changed: any of them.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.middle, self.fitted = 1.0, QPointF(), True

    def fit(self, image: QSizeF, pane: QSizeF) -> None:
        """Show the whole image, small ones at a whole multiple of their pixels."""
        room = min(pane.width() / image.width(), pane.height() / image.height())
        self.scale = float(int(room)) if 2 <= room < MOST else min(MOST, max(LEAST, room))
        self.middle = QPointF(image.width() / 2, image.height() / 2)
        self.fitted = True
        self.changed.emit()

    def zoom(self, steps: float, at: QPointF, pane: QSizeF) -> None:
        """Zoom; what is at the pane's point `at` stays there."""
        kept = self.to_image(at, pane)
        self.scale = min(MOST, max(LEAST, self.scale * _STEP**steps))
        self.middle += kept - self.to_image(at, pane)
        self.fitted = False
        self.changed.emit()

    def pan(self, by: QPointF) -> None:
        """Move the image by logical pixels."""
        self.middle -= by / self.scale
        self.fitted = False
        self.changed.emit()

    def to_image(self, point: QPointF, pane: QSizeF) -> QPointF:
        """Where a point of the pane is in the image."""
        return self.middle + (point - _centre(pane)) / self.scale

    def to_pane(self, point: QPointF, pane: QSizeF) -> QPointF:
        """Where a point of the image is in the pane."""
        return (point - self.middle) * self.scale + _centre(pane)


def _centre(pane: QSizeF) -> QPointF:
    return QPointF(pane.width() / 2, pane.height() / 2)
