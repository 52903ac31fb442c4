"""The strip of accepted samples below the canvas."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QFontMetrics, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.document import Document
from defectstudio.app.palette import class_colour
from defectstudio.domain.records import SampleRecord
from defectstudio.gui.panels.image_delegate import draw_tile
from defectstudio.gui.panels.image_model import RECORD
from defectstudio.gui.panels.thumbnails import Thumbnails

_TILE_EM = 4.6


class SampleModel(QAbstractListModel):
    """Samples, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[SampleRecord] = []
        self._names: dict[int, str] = {}

    def show(self, records: list[SampleRecord], names: dict[int, str]) -> None:
        """Show these samples; names: class id -> name."""
        self.beginResetModel()
        self._records, self._names = records[::-1], names
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._records)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        record = self._records[index.row()]
        if role == RECORD:
            return record
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            names = ", ".join(self._names.get(number, "?") for number in record.class_ids)
            return self.tr("Sample {}: {}").format(record.id, names)
        return None


class SampleDelegate(QStyledItemDelegate):
    """A tile with the dots of its classes."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails

    def sizeHint(  # noqa: N802
        self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        side = round(_TILE_EM * QFontMetrics(option.font).height())
        return QSize(side, side)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        record: SampleRecord = index.data(RECORD)
        option.widget.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        tile: QRect = option.rect.adjusted(4, 4, -4, -4)
        draw_tile(painter, self._thumbnails, record.file, tile, option.palette)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, class_id in enumerate(record.class_ids[:5]):
            painter.setPen(QColor(0, 0, 0, 160))
            painter.setBrush(QColor(*class_colour(class_id)))
            painter.drawEllipse(QPointF(tile.left() + 9 + 12 * place, tile.bottom() - 8), 4, 4)
        painter.restore()


class SamplesPanel(QWidget):
    """removed: the id of a sample to take out of the project."""

    removed = Signal(int)

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self._title = QLabel()
        self._title.setProperty("role", "heading")
        self._document: Document | None = None
        self._can_make = False
        self._model = SampleModel()
        self.list = QListView()
        self.list.setObjectName("samples")
        self.list.setAccessibleName(self.tr("Accepted samples"))
        self.list.setModel(self._model)
        self.list.setItemDelegate(SampleDelegate(thumbnails))
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        em = self.fontMetrics().height()
        self.list.setFixedHeight(round((_TILE_EM + 0.8) * em))
        remove = QAction(self.tr("Remove from the project"), self.list)
        remove.setShortcut(QKeySequence.StandardKey.Delete)
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self._remove)
        self.list.addAction(remove)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        thumbnails.arrived.connect(lambda _file: self.list.viewport().update())
        head = QHBoxLayout()
        head.setContentsMargins(em // 2, em // 4, em // 2, 0)
        head.addWidget(self._title)
        head.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.list)
        self.show_samples([], {})

    def show_samples(self, records: list[SampleRecord], names: dict[int, str]) -> None:
        """Fill the strip."""
        self._model.show(records, names)
        self.list.setVisible(bool(records))
        self._tell()

    def show_use(self, document: Document | None) -> None:
        """Say what to do with the image that is open."""
        self._document = document
        self._tell()

    def allow_making(self, can_make: bool) -> None:
        """Whether there is a generator to make samples with."""
        self._can_make = can_make
        self._tell()

    def _tell(self) -> None:
        count, document = self._model.rowCount(), self._document
        if document is not None and document.is_unpainted:
            text = self.tr("Brush over the defect that this image shows: that is its label.")
        elif count:
            text = self.tr("Samples: {}").format(count)
        elif document is None:
            text = self.tr("No image is open.")
        elif not self._can_make:
            text = self.tr("No samples yet. A generator makes them: train one (Ctrl+T).")
        elif not document.is_background:
            text = self.tr("No samples yet. They are made on normal images: open one of them.")
        else:
            text = self.tr("No samples yet. Paint on this image and press Enter.")
        self._title.setText(text)

    def _remove(self) -> None:
        record = self.list.currentIndex().data(RECORD)
        if record is not None:
            self.removed.emit(record.id)
