"""An image to look at: the canvas without tools, a prediction over it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from defectstudio.app.judged import JudgedPicture
from defectstudio.gui.canvas.view import CanvasView
from defectstudio.gui.panels.outcome_item import OutcomeItem


class Viewer(CanvasView):
    """Any button drags the image; the wheel zooms."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ring.hide()
        self.overlay = OutcomeItem()
        self.scene().addItem(self.overlay)
        self.setAccessibleName(self.tr("Image with its prediction"))
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        self._from: QPoint | None = None

    def show_picture(self, picture: JudgedPicture) -> None:
        """Show an image of a judgement, fitted."""
        self.overlay.show_outcomes(picture.outcomes)
        self.item.show_image(picture.levels, picture.plane)
        self.image_changed()

    def show_nothing(self) -> None:
        """Let go of the image."""
        self.overlay.show_outcomes(None)
        self.item.show_nothing()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        super().enterEvent(event)
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._from = event.position().toPoint()
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._from is not None:
            here = event.position().toPoint()
            across, down = self.horizontalScrollBar(), self.verticalScrollBar()
            across.setValue(across.value() + self._from.x() - here.x())
            down.setValue(down.value() + self._from.y() - here.y())
            self._from = here

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._from = None
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
