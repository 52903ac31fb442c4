"""How a row of the image list looks: picture, name, state dots."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from defectstudio.app.palette import class_colour
from defectstudio.domain.records import ImageRecord, Role
from defectstudio.gui.panels.image_model import MARKS, RECORD, Marks
from defectstudio.gui.panels.thumbnails import Thumbnails


class ImageDelegate(QStyledItemDelegate):
    """Draws rows 3.4 em high."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails

    def sizeHint(  # noqa: N802
        self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        em = QFontMetrics(option.font).height()
        return QSize(10 * em, round(3.4 * em))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        record: ImageRecord = index.data(RECORD)
        em = QFontMetrics(option.font).height()
        option.widget.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        side = option.rect.height() - round(0.5 * em)
        tile = QRect(option.rect.left() + em // 2, option.rect.top() + em // 4, side, side)
        draw_tile(painter, self._thumbnails, record.file, tile, option.palette)
        text = option.rect.adjusted(tile.width() + em, 0, -em // 2, 0)
        free = _draw_marks(painter, index.data(MARKS), text, em, option.palette)
        self._write(painter, option, record, text, free)

    def _write(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        record: ImageRecord,
        place: QRect,
        free: float,
    ) -> None:
        """The name over kind and split, which end where the marks begin, at `free`."""
        metrics = QFontMetrics(option.font)
        name = metrics.elidedText(record.name, Qt.TextElideMode.ElideMiddle, place.width())
        upper = QRect(place.left(), place.top(), place.width(), place.height() // 2 + 2)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.drawText(upper, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, name)
        kind = self.tr("normal") if record.role is Role.NORMAL else self.tr("defect")
        if record.is_unpainted:
            kind = self.tr("to be painted")
        split = f" · {record.split.value}" if record.split else ""
        width = round(free) - place.left()
        lower = QRect(place.left(), upper.bottom(), width, place.height() // 2 - 2)
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        shown = metrics.elidedText(kind + split, Qt.TextElideMode.ElideRight, width)
        painter.drawText(lower, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def draw_tile(
    painter: QPainter, thumbnails: Thumbnails, file: Path, tile: QRect, palette: QPalette
) -> None:
    """A picture centred in its tile, a plain tile until it is read."""
    ratio = painter.device().devicePixelRatioF()
    picture = thumbnails.get(file, tile.size(), ratio)
    if picture is None or picture.isNull():
        painter.fillRect(tile, palette.color(QPalette.ColorRole.Mid))
        return
    size = picture.deviceIndependentSize().toSize()
    place = QRect(0, 0, size.width(), size.height())
    place.moveCenter(tile.center())
    painter.drawPixmap(place, picture)


def _draw_marks(painter: QPainter, marks: Marks, place: QRect, em: int, palette: QPalette) -> float:
    """Dots at the right: filled for labeled classes, a ring for a planned mask; sample count.

    Returns where they begin.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius, x = 0.26 * em, place.right() - 0.3 * em
    y = place.top() + 0.72 * place.height()
    for class_id in marks.class_ids[:6]:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*class_colour(class_id)))
        painter.drawEllipse(QPointF(x, y), radius, radius)
        x -= 0.75 * em
    if marks.planned:
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Accent), 0.12 * em))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, y), radius, radius)
        x -= 0.75 * em
    if marks.samples:
        painter.setPen(palette.color(QPalette.ColorRole.Accent))
        text = f"+{marks.samples}"
        width = QFontMetrics(painter.font()).horizontalAdvance(text)
        painter.drawText(QPointF(x + radius - width, y + 0.35 * em), text)
        x -= width
    painter.restore()
    return x - 0.1 * em
