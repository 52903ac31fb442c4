"""The left dock: item, filter and image list."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from defectstudio.domain.records import ImageRecord, Item, Role, Split
from defectstudio.gui.dialogs.parts import hint
from defectstudio.gui.panels.image_delegate import ImageDelegate
from defectstudio.gui.panels.image_model import RECORD, ImageModel
from defectstudio.gui.panels.thumbnails import Thumbnails


class ImagesPanel(QWidget):
    """item_chosen: an item's id; image_chosen: an image's id; painted: none is left to be
    painted."""

    item_chosen = Signal(int)
    image_chosen = Signal(int)
    painted = Signal()

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self._thumbnails = thumbnails
        self._chosen = 0
        """The id of the image shown, which a filter may hide from the list."""
        self.items = QComboBox()
        self.items.setAccessibleName(self.tr("Item"))
        self.items.setToolTip(self.tr("The product whose images are shown"))
        self.items.activated.connect(lambda: self.item_chosen.emit(self.items.currentData()))
        self.roles = QComboBox()
        self.roles.setAccessibleName(self.tr("Which images"))
        for text, kind in (
            (self.tr("All images"), "all"),
            (self.tr("Normal"), "normal"),
            (self.tr("Defects"), "defect"),
            (self.tr("To be painted"), "unpainted"),
        ):
            self.roles.addItem(text, kind)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Filter"))
        self.search.setToolTip(self.tr("Filter by name"))
        self.search.setAccessibleName(self.tr("Filter by name"))
        self.search.setClearButtonEnabled(True)
        self._model = ImageModel()
        self.list = self._made_list()
        self._none = hint("")
        self._none.setMargin(self.fontMetrics().height() // 2)
        self._none.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._count = QLabel()
        self._count.setProperty("role", "muted")
        self._lay_out()
        self.roles.currentIndexChanged.connect(self._refilter)
        self.search.textChanged.connect(self._refilter)
        thumbnails.arrived.connect(self._redraw)

    def show_items(self, items: list[Item], chosen: int) -> None:
        """Fill the item selector."""
        self.items.clear()
        for item in items:
            self.items.addItem(item.name, item.id)
        self.items.setCurrentIndex(max(0, self.items.findData(chosen)))

    def show_images(
        self, records: list[ImageRecord], planned: set[int], samples: dict[int, int]
    ) -> None:
        """Fill the list; what is chosen stays chosen. All are listed when none waits any more."""
        waited = self._model.waiting
        self._model.show(records, planned, samples)
        ended = not self._model.waiting and bool(waited & {one.id for one in records})
        if ended and self.roles.currentData() == "unpainted":
            self.unfilter()
        self.choose(self._chosen)
        self._tell_count()
        if ended:
            self.painted.emit()

    @property
    def place(self) -> tuple[int, int]:
        """The number of the image chosen (from 1, 0 for none) and how many are shown."""
        return self.list.currentIndex().row() + 1, self._model.rowCount()

    def choose(self, image_id: int) -> None:
        """Mark an image as the one shown, without announcing it."""
        self._chosen = image_id
        index = self._model.index(self._model.row_of(image_id), 0)
        selection = self.list.selectionModel()
        selection.blockSignals(True)
        selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        selection.blockSignals(False)
        if index.isValid():
            self.list.scrollTo(index)
        self.list.viewport().update()

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) image shown."""
        row = self.list.currentIndex().row() + by
        if 0 <= row < self._model.rowCount():
            self.list.setCurrentIndex(self._model.index(row, 0))

    def choose_first(self) -> None:
        """Go to the image to begin with: the first background outside the test split, or any."""
        rows = [self._model.index(row, 0) for row in range(self._model.rowCount())]
        if rows:
            first = min(rows, key=lambda index: _reluctance(index.data(RECORD))).data(RECORD).id
            self.choose(first)
            self.image_chosen.emit(first)

    def show_unpainted(self) -> None:
        """List the images that wait to be painted, and go to the first of them."""
        self.search.clear()
        self.roles.setCurrentIndex(self.roles.findData("unpainted"))
        self.list.setCurrentIndex(self._model.index(0, 0))

    def unfilter(self) -> None:
        """List all images."""
        self.search.clear()
        self.roles.setCurrentIndex(0)

    def _made_list(self) -> QListView:
        view = QListView()
        view.setObjectName("images")
        view.setAccessibleName(self.tr("Images"))
        view.setModel(self._model)
        view.setItemDelegate(ImageDelegate(self._thumbnails))
        view.setUniformItemSizes(True)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.selectionModel().currentChanged.connect(self._on_current)
        return view

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        self.setMinimumWidth(14 * em)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.roles)
        bottom = QHBoxLayout()
        bottom.addWidget(self._count)
        bottom.setContentsMargins(em // 2, 0, em // 2, em // 3)
        head = QVBoxLayout()
        head.setContentsMargins(em // 2, em // 3, em // 2, 0)
        head.addWidget(self.items)
        head.addLayout(top)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._none, 1)
        layout.addLayout(bottom)

    def _on_current(self, current: QModelIndex) -> None:
        record = current.data(RECORD)
        if record is not None:
            self._chosen = record.id
            self.image_chosen.emit(record.id)

    def _refilter(self) -> None:
        self._model.choose(self.roles.currentData(), self.search.text())
        self.choose(self._chosen)
        self._tell_count()

    def _tell_count(self) -> None:
        shown, total = self._model.rowCount(), self._model.total
        self.list.setVisible(bool(shown))
        self._none.setVisible(not shown)
        self._none.setText(self._why_none(total))
        text = self.tr("{} images").format(total)
        if shown != total:
            text = self.tr("{} of {} images").format(shown, total)
        self._count.setText(text)

    def _why_none(self, total: int) -> str:
        if not total:
            return self.tr("No images yet. Import a folder of them, or drop it here.")
        if self.roles.currentData() == "unpainted" and not self._model.waiting:
            return self.tr("No image is left to be painted.")
        return self.tr("No image is of this kind and name.")

    def _redraw(self, _file: Path) -> None:
        self.list.viewport().update()


def _reluctance(record: ImageRecord) -> tuple[bool, bool]:
    return record.role is not Role.NORMAL, record.split is Split.TEST
