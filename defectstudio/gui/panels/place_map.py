"""A background with the places where defects may fall, and a word on the others."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPalette
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from defectstudio.app.batch_ground import PlaceMap
from defectstudio.app.placing import Zone

_LOOKS = {
    Zone.OPEN: ((0, 158, 115, 70), Qt.BrushStyle.NoBrush),
    Zone.EDGE: ((230, 159, 0, 130), Qt.BrushStyle.BDiagPattern),
    Zone.OUTSIDE: ((20, 20, 24, 150), Qt.BrushStyle.FDiagPattern),
    Zone.NARROW: ((204, 121, 167, 130), Qt.BrushStyle.Dense5Pattern),
}
"""Colour and pattern, so that zones are not told apart by colour alone."""


class PlaceView(QWidget):
    """Shows a map; the lines beside it say how much of the image is what."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = _Picture()
        self.legend = QGridLayout()
        self.legend.setColumnStretch(1, 1)
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        beside = QVBoxLayout()
        beside.addLayout(self.legend)
        beside.addWidget(self.note)
        beside.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picture, 1)
        layout.addLayout(beside, 1)
        self._lines: dict[Zone, QLabel] = {}
        for row, zone in enumerate(Zone):
            self._lines[zone] = QLabel()
            self._lines[zone].setWordWrap(True)
            self.legend.addWidget(_Swatch(zone), row, 0)
            self.legend.addWidget(self._lines[zone], row, 1)
        self.show_nothing("")

    def show_nothing(self, why: str) -> None:
        """No map, and why."""
        self.picture.show_map(None)
        self._show_legend(visible=False)
        self.note.setText(why)

    def show_map(self, found: PlaceMap) -> None:
        """Another map."""
        placing = found.placing
        texts = {
            Zone.OPEN: self.tr("defects may fall here"),
            Zone.EDGE: self.tr("too near to the edge"),
            Zone.OUTSIDE: self.tr("outside of the painted region"),
            Zone.NARROW: self.tr("too narrow for the shapes of this class"),
        }
        self.picture.show_map(found)
        for zone, line in self._lines.items():
            line.setText(f"{placing.share(zone):.0%}  {texts[zone]}")
        self._show_legend(visible=True)
        refused = sum(placing.refused.values())
        text = ""
        if not placing.shapes:
            text = self.tr("This generator draws its own shapes; only edges and region are known.")
        elif refused:
            reasons = "; ".join(str(reason) for reason in placing.refused)
            text = self.tr("{} of {} shapes tried do not fit: {}.").format(
                refused, placing.shapes, reasons
            )
        self.note.setText(text)

    @property
    def text(self) -> str:
        """What is said beside the map."""
        return "\n".join([*(line.text() for line in self._lines.values()), self.note.text()])

    def _show_legend(self, *, visible: bool) -> None:
        for place in range(self.legend.count()):
            self.legend.itemAt(place).widget().setVisible(visible)


class _Picture(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._zones: dict[Zone, QImage] = {}
        em = self.fontMetrics().height()
        self.setMinimumSize(QSize(11 * em, 6 * em))

    def show_map(self, found: PlaceMap | None) -> None:
        self._image = None
        if found is not None:
            picture = np.ascontiguousarray(found.picture)
            height, width = picture.shape[:2]
            self._image = QImage(
                picture.data, width, height, 3 * width, QImage.Format.Format_RGB888
            ).copy()
            self._zones = {zone: _mask(found.placing.zones == zone) for zone in Zone}
        self.update()

    def paintEvent(self, _event: object) -> None:  # noqa: N802
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, size.width(), size.height())
        place.moveCenter(self.rect().center())
        painter.drawImage(place, self._image)
        ratio = self.devicePixelRatioF()
        for zone, mask in self._zones.items():
            painter.drawImage(place, _tinted(mask, zone, place.size() * ratio))
        painter.end()


class _Swatch(QWidget):
    def __init__(self, zone: Zone) -> None:
        super().__init__()
        self._zone = zone
        em = self.fontMetrics().height()
        self.setFixedSize(round(1.4 * em), em)

    def paintEvent(self, _event: object) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(150, 150, 150))
        _fill(painter, self.rect(), self._zone)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


def _fill(painter: QPainter, place: QRect, zone: Zone) -> None:
    colour, pattern = _LOOKS[zone]
    painter.fillRect(place, QColor(*colour))
    if pattern is not Qt.BrushStyle.NoBrush:
        painter.fillRect(place, QBrush(QColor(255, 255, 255, 120), pattern))


def _mask(plane: np.ndarray) -> QImage:
    """Opaque where the plane is true."""
    alpha = np.ascontiguousarray(plane.astype(np.uint8) * 255)
    height, width = alpha.shape
    return QImage(alpha.data, width, height, width, QImage.Format.Format_Alpha8).copy()


def _tinted(mask: QImage, zone: Zone, size: QSize) -> QImage:
    """The look of a zone, cut out by its mask."""
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    _fill(painter, image.rect(), zone)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawImage(image.rect(), mask)
    painter.end()
    return image
