"""The class that is painted."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QIcon,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QToolTip,
    QWidget,
)

from defectstudio.app.palette import class_colour
from defectstudio.app.studio import Studio
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.style.parts import Section

_KEY = Qt.ItemDataRole.UserRole + 1
_LOCKED = Qt.ItemDataRole.UserRole + 2
_EDGE = 8
_SWATCH = 64
"""Pixels of a swatch, which is shown smaller: sharp at 200 %, too."""
_MOST_ROWS = 8


class ClassDelegate(QStyledItemDelegate):
    """A row with the class's lock and key at its right. toggled: the row of a lock clicked."""

    toggled = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icon("unlock"), icon("lock")

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(option.rect.adjusted(0, 0, -_EDGE, 0), side, index.data(_KEY))
        locked = bool(index.data(_LOCKED))
        mode = QIcon.Mode.Normal if locked else QIcon.Mode.Disabled
        self._icons[locked].paint(painter, self.lock_place(option), mode=mode)

    def lock_place(self, option: QStyleOptionViewItem) -> QRect:
        """Where the lock of a row is drawn."""
        side = option.fontMetrics.height()
        place = QRect(0, 0, side, side)
        place.moveCenter(option.rect.center())
        key = option.fontMetrics.horizontalAdvance("0")
        place.moveRight(option.rect.right() - _EDGE - key - side // 2)
        return place

    def editorEvent(  # noqa: N802
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        if (
            event.type() == QEvent.Type.MouseButtonRelease
            and isinstance(event, QMouseEvent)
            and self.lock_place(option).adjusted(-4, -4, 4, 4).contains(event.position().toPoint())
        ):
            self.toggled.emit(index.row())
            return True
        return super().editorEvent(event, model, option, index)

    def helpEvent(  # noqa: N802
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        if not self.lock_place(option).contains(event.pos()):
            return super().helpEvent(event, view, option, index)
        if index.data(_LOCKED):
            text = self.tr("Locked: nothing paints over this class or erases it. Unlock (K)")
        else:
            text = self.tr("Lock this class (K)")
        QToolTip.showText(event.globalPos(), text, view)
        return True


class ClassSection(Section):
    """added: the name of a class to add."""

    added = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__(self.tr("Class"))
        self._studio = studio
        em = self.fontMetrics().height()
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Class"))
        delegate = ClassDelegate(self.list)
        delegate.toggled.connect(self._toggle_lock)
        self.list.setItemDelegate(delegate)
        self.list.setIconSize(QSize(em, em))
        self.list.currentRowChanged.connect(self._on_row)
        self.add = QToolButton()
        self.add.setText("+")
        self.add.setToolTip(self.tr("Add a class"))
        self.add.clicked.connect(self._ask)
        self.head.addWidget(self.add)
        self.content.addWidget(self.list)

    def refresh(self) -> None:
        """Show the classes and which one is chosen."""
        self.list.blockSignals(True)
        self._fill()
        for row, defect in enumerate(self._studio.classes):
            locked = defect.id in self._studio.locked
            self.list.item(row).setData(_LOCKED, locked)
            spoken = self.tr("{}, locked").format(defect.name) if locked else defect.name
            self.list.item(row).setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        ids = [defect.id for defect in self._studio.classes]
        if self._studio.class_id in ids:
            self.list.setCurrentRow(ids.index(self._studio.class_id))
        self.list.blockSignals(False)

    def choose_number(self, number: int) -> None:
        """Choose the n-th class, from 0."""
        if number < self.list.count():
            self.list.setCurrentRow(number)

    def _fill(self) -> None:
        wanted = [(defect.id, defect.name) for defect in self._studio.classes]
        rows = [self.list.item(row) for row in range(self.list.count())]
        if [row.data(Qt.ItemDataRole.UserRole) for row in rows] == wanted:
            return
        self.list.clear()
        for number, (class_id, name) in enumerate(wanted, start=1):
            row = QListWidgetItem(swatch(class_id), name)
            row.setData(Qt.ItemDataRole.UserRole, (class_id, name))
            row.setData(_KEY, str(number) if number <= 9 else "")
            self.list.addItem(row)
        shown = min(_MOST_ROWS, max(1, self.list.count()))
        height = self.list.sizeHintForRow(0) if self.list.count() else 20
        self.list.setFixedHeight(shown * height + 4)

    def _on_row(self, row: int) -> None:
        if row >= 0:
            self._studio.choose_class(self._studio.classes[row].id)

    def _toggle_lock(self, row: int) -> None:
        class_id = self._studio.classes[row].id
        self._studio.lock_class(class_id, class_id not in self._studio.locked)

    def _ask(self) -> None:
        name, agreed = QInputDialog.getText(
            self, self.tr("Add a class"), self.tr("Name of the defect class:")
        )
        if agreed and name.strip():
            self.added.emit(name.strip())


def swatch(class_id: int) -> QIcon:
    """A round patch of a class's colour; an empty ring for background (0)."""
    side = _SWATCH
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if class_id:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*class_colour(class_id)))
    else:
        painter.setPen(QPen(QColor(*class_colour(255)), side / 10))
    edge = side // 16
    painter.drawEllipse(edge, edge, side - 2 * edge, side - 2 * edge)
    painter.end()
    made = QIcon(pixmap)
    # A chosen row must not tint the colour that stands for the class.
    made.addPixmap(pixmap, QIcon.Mode.Selected)
    return made
