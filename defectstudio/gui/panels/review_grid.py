"""The grid of samples under review: tiles, and the keys that judge them."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from defectstudio.app.palette import class_colour
from defectstudio.domain.records import Review, SampleRecord
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.image_model import RECORD
from defectstudio.gui.panels.review_model import ReviewModel
from defectstudio.gui.panels.sample_pictures import SampleOutlines, SamplePicture
from defectstudio.gui.panels.thumbnails import Thumbnails

TILE_SIDE = 320
"""Pixels of the longer side that a tile's picture is read at."""

_MARKS = {Review.ACCEPTED: "accept", Review.REJECTED: "cancel"}
_KEYS = {
    Qt.Key.Key_Y: Review.ACCEPTED,
    Qt.Key.Key_Return: Review.ACCEPTED,
    Qt.Key.Key_Enter: Review.ACCEPTED,
    Qt.Key.Key_N: Review.REJECTED,
    Qt.Key.Key_Delete: Review.REJECTED,
    Qt.Key.Key_U: Review.UNDECIDED,
}


class ReviewGrid(QListView):
    """judged: what was said of the samples selected; labels_toggled, near_toggled: keys L, Z."""

    judged = Signal(object)
    labels_toggled = Signal()
    near_toggled = Signal()

    def __init__(self, model: ReviewModel, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setObjectName("review")
        self.setAccessibleName(self.tr("Samples to review"))
        self.setModel(model)
        self.look = ReviewDelegate(thumbnails)
        self.setItemDelegate(self.look)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        thumbnails.arrived.connect(lambda _source: self.viewport().update())

    def chosen(self) -> list[SampleRecord]:
        """The samples selected, in the order of the grid."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return [self.model().index(row, 0).data(RECORD) for row in rows]

    def last_chosen(self) -> int:
        """The last row selected, -1 for none."""
        return max((index.row() for index in self.selectedIndexes()), default=-1)

    def go_to(self, row: int) -> None:
        """Make a row, or the last one before it, the current one."""
        row = min(row, self.model().rowCount() - 1)
        if row >= 0:
            self.setCurrentIndex(self.model().index(row, 0))

    def resize_tiles(self, em: float) -> None:
        """Tiles `em` times the font's height."""
        self.look.side = round(em * self.fontMetrics().height())
        self.scheduleDelayedItemsLayout()

    def event(self, event: QEvent) -> bool:
        # These keys mean something else elsewhere in the window; here they are the grid's.
        if event.type() == QEvent.Type.ShortcutOverride and self._is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self._is_own(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_L:
            self.labels_toggled.emit()
        elif event.key() == Qt.Key.Key_Z:
            self.near_toggled.emit()
        else:
            self.judged.emit(_KEYS[Qt.Key(event.key())])

    @staticmethod
    def _is_own(event: QKeyEvent) -> bool:
        bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return bare and (event.key() in _KEYS or event.key() in (Qt.Key.Key_L, Qt.Key.Key_Z))


class ReviewDelegate(QStyledItemDelegate):
    """A tile: picture, outlines, dots of the classes, and the mark of what was said."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.labels, self.near, self.side = True, True, 150

    def sizeHint(  # noqa: N802
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(self.side, self.side)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        record: SampleRecord = index.data(RECORD)
        em = QFontMetrics(option.font).height()
        tile: QRect = option.rect.adjusted(em // 3, em // 3, -em // 3, -em // 3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self._draw_picture(painter, record, tile, option.palette)
        _draw_dots(painter, record, place, em)
        if record.review in _MARKS:
            _draw_mark(painter, record.review, place, em, option.palette)
        if option.state & option.state.State_Selected:
            current = option.widget.currentIndex() == index
            painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Accent), em / 5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(tile.adjusted(-2, -2, 2, 2), 4, 4)
            if current:
                painter.setPen(QPen(option.palette.color(QPalette.ColorRole.HighlightedText), 1))
                painter.drawRoundedRect(tile, 3, 3)
        painter.restore()

    def _draw_picture(
        self, painter: QPainter, record: SampleRecord, tile: QRect, palette: QPalette
    ) -> QRect:
        place = draw_sample(
            painter, self._thumbnails, record, tile, near=self.near, labels=self.labels
        )
        if place is None:
            painter.fillRect(tile, palette.color(QPalette.ColorRole.Mid))
            return tile
        if record.review is Review.REJECTED:
            veil = palette.color(QPalette.ColorRole.Window)
            veil.setAlpha(115)
            painter.fillRect(place, veil)
        return place


def draw_sample(
    painter: QPainter,
    thumbnails: Thumbnails,
    record: SampleRecord,
    tile: QRect,
    *,
    near: bool,
    labels: bool,
    side: int = TILE_SIDE,
) -> QRect | None:
    """A sample centred in its tile; where it is, None until it is read."""
    ratio = painter.device().devicePixelRatioF()
    picture = thumbnails.get(
        SamplePicture(record.file, record.label_file, near, side), tile.size(), ratio
    )
    if picture is None or picture.isNull():
        return None
    place = QRect(0, 0, *picture.deviceIndependentSize().toSize().toTuple())
    place.moveCenter(tile.center())
    painter.drawPixmap(place, picture)
    if labels:
        lines = thumbnails.get(SampleOutlines(record.label_file, near, side), tile.size(), ratio)
        if lines is not None and not lines.isNull():
            painter.drawPixmap(place, lines)
    return place


def _draw_dots(painter: QPainter, record: SampleRecord, place: QRect, em: int) -> None:
    for number, class_id in enumerate(record.class_ids[:6]):
        painter.setPen(QColor(0, 0, 0, 160))
        painter.setBrush(QColor(*class_colour(class_id)))
        centre = QPointF(place.left() + (0.5 + 0.7 * number) * em, place.bottom() - em / 2)
        painter.drawEllipse(centre, em / 4, em / 4)


def _draw_mark(painter: QPainter, review: Review, place: QRect, em: int, palette: QPalette) -> None:
    """A disc with a tick or a cross in the upper right corner."""
    disc = QRectF(place.right() - 1.35 * em, place.top() + 0.25 * em, 1.1 * em, 1.1 * em)
    accepted = review is Review.ACCEPTED
    role = QPalette.ColorRole.Accent if accepted else QPalette.ColorRole.BrightText
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Window), 1.5))
    painter.setBrush(palette.color(role))
    painter.drawEllipse(disc)
    inner = disc.adjusted(0.15 * em, 0.15 * em, -0.15 * em, -0.15 * em).toRect()
    icon(_MARKS[review], QPalette.ColorRole.HighlightedText).paint(painter, inner)
