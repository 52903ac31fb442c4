"""The contact sheet of a dry run: samples, and why others found no place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from defectstudio.app.batch_trial import TrialSample, reasons
from defectstudio.gui.panels.review import LargeSample
from defectstudio.gui.panels.review_grid import TILE_SIDE, draw_sample
from defectstudio.gui.panels.thumbnails import Thumbnails

_TILE_EM = 8.5


@dataclass(frozen=True)
class _Files:
    id: int
    file: Path
    label_file: Path


class TrialSheet(QWidget):
    """Tiles that wrap; below, the reasons of all refusals."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.summary.setProperty("role", "muted")
        self.tiles: list[TrialTile] = []
        self._holder = QWidget()
        self._grid = QGridLayout(self._holder)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._holder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(area, 1)
        self._area = area

    def show_text(self, text: str) -> None:
        """No samples, but a word."""
        self._fill([])
        self.summary.setText(text)

    def show_trial(self, samples: list[TrialSample], names: dict[int, str]) -> None:
        """The samples of a trial; names: class id -> name."""
        self._fill([TrialTile(one, names.get(one.class_id, "?"), self._thumbnails)
                    for one in samples])  # fmt: skip
        made = sum(one.made for one in samples)
        text = self.tr("{} of {} samples tried found a place; none is in the project.")
        lines = [text.format(made, len(samples))]
        refused = ", ".join(f"{why} ({times} ×)" for why, times in reasons(samples).items())
        if refused:
            lines.append(self.tr("Refused and tried again: {}.").format(refused))
        self.summary.setText("\n".join(lines))

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._arrange()

    def _fill(self, tiles: list[TrialTile]) -> None:
        for tile in self.tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self.tiles = tiles
        self._arrange()

    def _arrange(self) -> None:
        em, gap = self.fontMetrics().height(), self._grid.horizontalSpacing()
        margins = self._grid.contentsMargins()
        room = self._area.viewport().width() - margins.left() - margins.right() + gap
        columns = max(1, room // (round(_TILE_EM * em) + gap))
        for place, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, place // columns, place % columns)
            tile.show()


class TrialTile(QWidget):
    """A sample with its outlines, or the reason why there is none. A double click enlarges it."""

    def __init__(self, sample: TrialSample, name: str, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails, self._made = thumbnails, sample.made
        self._files = _Files(sample.index + 1, sample.file, sample.label_file)
        em = self.fontMetrics().height()
        self.setFixedSize(QSize(round(_TILE_EM * em), round((_TILE_EM + 1.3) * em)))
        tries = sum(sample.refused.values())
        self.caption = f"{sample.index + 1} · {name}" + (f" · {tries} ×" if tries else "")
        reason = ", ".join(sample.refused)
        self.text = "" if sample.made else self.tr("no place: {}").format(reason)
        lines = [f"{why} ({n} ×)" for why, n in sample.refused.items()]
        if sample.made:
            lines.append(self.tr("Double click: enlarge"))
        self.setToolTip("\n".join(lines))
        self.setAccessibleName(f"{self.caption} {self.text}".strip())
        thumbnails.arrived.connect(self.update)

    def mouseDoubleClickEvent(self, _event: object) -> None:  # noqa: N802
        if not self._made:
            return
        em = self.fontMetrics().height()
        dialog = QDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self.caption)
        large = LargeSample(self._thumbnails)
        large.show_sample(self._files)
        QVBoxLayout(dialog).addWidget(large)
        dialog.resize(QSize(40 * em, 40 * em))
        dialog.open()

    def paintEvent(self, _event: object) -> None:  # noqa: N802
        painter = QPainter(self)
        em = self.fontMetrics().height()
        tile = QRect(0, 0, self.width(), self.width())
        palette = self.palette()
        drawn = self._made and draw_sample(
            painter, self._thumbnails, self._files, tile, near=True, labels=True, side=TILE_SIDE
        )
        if not drawn:
            painter.fillRect(tile, palette.color(QPalette.ColorRole.Mid))
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(tile.adjusted(em // 2, em // 2, -em // 2, -em // 2), flags, self.text)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        line = self.fontMetrics().elidedText(
            self.caption, Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(0, self.height() - round(0.35 * em), line)
        painter.end()
