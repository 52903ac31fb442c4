"""Tiles of a gallery in a grid: pictures with a star and a ban, by mouse and by key."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from defectstudio.domain.seed_marks import Mark
from defectstudio.gui.gallery import Tile
from defectstudio.gui.icons import draw_icon
from defectstudio.gui.pictures import picture

TILE, CHOSEN = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
COLUMNS = 3
_KEYS = {Qt.Key.Key_F: Mark.FAVOURITE, Qt.Key.Key_Delete: Mark.BANNED}
_OWN_KEYS = (*_KEYS, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class TileModel(QAbstractListModel):
    """Tiles, and which of them is the style on screen."""

    def __init__(self) -> None:
        super().__init__()
        self._tiles: list[Tile] = []
        self._chosen = -1

    def show(self, tiles: list[Tile], chosen: int) -> None:
        """Show these; chosen: the seed of the class."""
        seeds = [tile.seed for tile in tiles]
        if seeds != [tile.seed for tile in self._tiles]:
            self.beginResetModel()
            self._tiles, self._chosen = tiles, chosen
            self.endResetModel()
        elif tiles:
            self._tiles, self._chosen = tiles, chosen
            self.dataChanged.emit(self.index(0), self.index(len(tiles) - 1))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._tiles)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        tile = self._tiles[index.row()]
        if role == TILE:
            return tile
        if role == CHOSEN:
            return tile.seed == self._chosen
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(tile)
        if role == Qt.ItemDataRole.ToolTipRole:
            keys = self.tr("Enter takes it, F makes it a favourite, Delete bans it")
            return f"{self._spoken(tile)}\n{keys}"
        return None

    def _spoken(self, tile: Tile) -> str:
        marks = {
            Mark.FAVOURITE: self.tr("Seed {}, favourite"),
            Mark.BANNED: self.tr("Seed {}, never used"),
        }
        text = marks[tile.mark] if tile.mark else self.tr("Seed {}")
        return text.format(tile.seed)


class TileDelegate(QStyledItemDelegate):
    """Draws a tile; its marks are always there, what can be clicked comes under the pointer."""

    def sizeHint(  # noqa: N802
        self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return option.widget.gridSize()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        tile: Tile = index.data(TILE)
        place = option.rect.adjusted(3, 3, -3, -3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if tile.picture is None:
            painter.fillRect(place, option.palette.color(QPalette.ColorRole.Mid))
        else:
            painter.setOpacity(0.35 if tile.mark is Mark.BANNED else 1.0)
            _draw_picture(painter, tile.picture, place)
            painter.setOpacity(1.0)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        for mark, spot in spots(option.rect).items():
            if hovered or tile.mark is mark:
                _draw_mark(painter, mark, spot, is_set=tile.mark is mark)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if index.data(CHOSEN) or focused:
            pen = QPen(option.palette.color(QPalette.ColorRole.Highlight), 3)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            pen.setStyle(Qt.PenStyle.SolidLine if index.data(CHOSEN) else Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawRect(option.rect.adjusted(2, 2, -2, -2))
        painter.restore()


class TileGrid(QListView):
    """taken: a seed; marked: a seed and its new mark, None for none; looked_at: whether shown."""

    taken = Signal(int)
    marked = Signal(int, object)
    looked_at = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("gallery")
        self.setAccessibleName(self.tr("Gallery of seeds"))
        self._model = TileModel()
        self.setModel(self._model)
        self.setItemDelegate(TileDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._fit()

    def show_tiles(self, tiles: list[Tile], chosen: int) -> None:
        """Show these; chosen: the seed of the class."""
        rows = self._model.rowCount()
        self._model.show(tiles, chosen)
        if rows != self._model.rowCount():
            self._fit()

    # --- events

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _OWN_KEYS
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        tile: Tile | None = self.currentIndex().data(TILE)
        if tile is None or event.key() not in _OWN_KEYS:
            super().keyPressEvent(event)
        elif event.key() in _KEYS:
            self._mark(tile, _KEYS[Qt.Key(event.key())])
        else:
            self.taken.emit(tile.seed)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        tile: Tile = index.data(TILE)
        for mark, spot in spots(self.visualRect(index)).items():
            if spot.contains(event.position().toPoint()):
                self._mark(tile, mark)
                return
        self.taken.emit(tile.seed)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.looked_at.emit(True)

    def hideEvent(self, event: QEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self.looked_at.emit(False)

    def _mark(self, tile: Tile, mark: Mark) -> None:
        self.marked.emit(tile.seed, None if tile.mark is mark else mark)

    def _fit(self) -> None:
        """Square tiles in three columns, and as high as they need."""
        # Qt begins a new row before a tile that would reach the very edge.
        side = max(24, (self.viewport().width() - 1) // COLUMNS)
        self.setGridSize(QSize(side, side))
        self.setFixedHeight(side * -(-max(1, self._model.rowCount()) // COLUMNS))


def spots(tile: QRect) -> dict[Mark, QRect]:
    """Where a tile is clicked to mark it: the star at the upper left, the ban at the right."""
    side = max(14, tile.width() * 3 // 10)
    star = QRect(tile.left() + 4, tile.top() + 4, side, side)
    ban = QRect(tile.right() - 3 - side, tile.top() + 4, side, side)
    return {Mark.FAVOURITE: star, Mark.BANNED: ban}


def _draw_picture(painter: QPainter, pixels: NDArray[np.uint8], place: QRect) -> None:
    ratio = painter.device().devicePixelRatioF()
    scaled = QPixmap.fromImage(picture(pixels)).scaled(
        place.size() * ratio,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    scaled.setDevicePixelRatio(ratio)
    size = scaled.deviceIndependentSize()
    corner = place.center() - QRect(0, 0, round(size.width()), round(size.height())).center()
    painter.drawPixmap(corner, scaled)


def _draw_mark(painter: QPainter, mark: Mark, spot: QRect, *, is_set: bool) -> None:
    """White on a dark disc, to be seen on any picture; told by shape, not by colour."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 190 if is_set else 110))
    painter.drawEllipse(QPointF(QRect(spot).center()) + QPointF(0.5, 0.5), *[spot.width() / 2] * 2)
    names = {Mark.FAVOURITE: "star-on" if is_set else "star", Mark.BANNED: "ban"}
    inner = spot.adjusted(*[spot.width() // 6] * 2, *[-(spot.width() // 6)] * 2)
    draw_icon(painter, inner, names[mark], "#ffffff")
