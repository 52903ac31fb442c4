"""The shipped drawings as icons, tinted by the palette whenever they are drawn."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from defectstudio.domain.resources import resource


class _Engine(QIconEngine):
    """Draws the SVG with the palette's text colour in place of currentColor."""

    def __init__(self, name: str, role: QPalette.ColorRole) -> None:
        super().__init__()
        self._name, self._role = name, role
        self._drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
        self._renderers: dict[str, QSvgRenderer] = {}

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        place = QRectF(0, 0, side, side)
        place.moveCenter(QRectF(rect).center())
        self._renderer(mode).render(painter, place)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(  # noqa: N802
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        """size: in points; scale: pixels of a point."""
        pixmap = QPixmap(size * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def _renderer(self, mode: QIcon.Mode) -> QSvgRenderer:
        group = QPalette.ColorGroup
        disabled = mode == QIcon.Mode.Disabled
        palette = QApplication.palette()
        colour = palette.color(group.Disabled if disabled else group.Active, self._role)
        key = colour.name(QColor.NameFormat.HexArgb)
        if key not in self._renderers:
            # SVG knows no #aarrggbb: the opacity is an attribute of its own.
            ink = self._drawing.replace("currentColor", colour.name())
            faded = ink.replace("<svg ", f'<svg opacity="{colour.alphaF():.2f}" ', 1)
            self._renderers[key] = QSvgRenderer(QByteArray(faded.encode()))
        return self._renderers[key]


def draw_icon(painter: QPainter, place: QRect, name: str, colour: str) -> None:
    """Draw a shipped drawing in one colour, whatever the palette: on pictures."""
    _inked(name, colour).render(painter, QRectF(place))


@cache
def _inked(name: str, colour: str) -> QSvgRenderer:
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))


def icon(name: str, role: QPalette.ColorRole = QPalette.ColorRole.WindowText) -> QIcon:
    """The icon of a shipped drawing. Raises InternalError when there is none."""
    return QIcon(_Engine(name, role))
