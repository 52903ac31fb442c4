"""Texts of a window that are cut short: of labels, buttons, fields, heads, cells and tabs."""

from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QModelIndex
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QTabBar,
    QTableView,
    QTreeView,
    QWidget,
)

ROWS = 30
"""Of a table, from the top, are looked at."""
_ROUNDED = 1
_CURSOR = 4
"""Pixels beside the text that a field keeps for its margin and the cursor."""


def clipped(root: QWidget) -> list[str]:
    """What is shown and cut: where, and the text."""
    return [
        f"{type(widget.parent()).__name__} {type(widget).__name__}: {text[:60]!r} lacks {lacks}"
        for kind, look in _LOOKS.items()
        for widget in root.findChildren(kind)
        if widget.isVisible()
        for text, lacks in look(widget)
        if lacks > _ROUNDED
    ]


Found = Iterator[tuple[str, int]]


def _of_text(widget: QLabel | QAbstractButton) -> Found:
    """A label or button that is narrower or lower than its text needs."""
    if not widget.text() or _may_be_cut(widget):
        return
    wanted, room = widget.sizeHint(), widget.size()
    if isinstance(widget, QLabel) and widget.wordWrap():
        yield widget.text(), widget.heightForWidth(room.width()) - room.height()
    else:
        yield widget.text(), max((wanted - room).width(), (wanted - room).height())


def _may_be_cut(widget: QWidget) -> bool:
    """A line that gives way to others and tells the whole of itself in a tool tip."""
    gives_way = widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
    return gives_way and widget.toolTip() == widget.text()


def _of_choice(box: QComboBox) -> Found:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    field = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box)
    icon = box.iconSize().width() + 4 if not box.itemIcon(box.currentIndex()).isNull() else 0
    text = box.currentText()
    yield text, box.fontMetrics().horizontalAdvance(text) + icon - field.width()


def _of_field(field: QLineEdit) -> Found:
    """What is typed may be longer; what is asked for is read whole."""
    option = QStyleOptionFrame()
    field.initStyleOption(option)
    room = field.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, field)
    text = field.placeholderText() if not field.text() else ""
    yield text, field.fontMetrics().horizontalAdvance(text) + _CURSOR - room.width()


def _of_head(head: QHeaderView) -> Found:
    for section in range(head.count()):
        text = head.model().headerData(section, head.orientation())
        if text and not head.isSectionHidden(section):
            yield str(text), head.sectionSizeHint(section) - head.sectionSize(section)


def _of_cells(view: QTreeView | QTableView) -> Found:
    for index in _cells(view.model()):
        if view.indexWidget(index) is None and view.visualRect(index).isValid():
            wanted = view.sizeHintForIndex(index).width()
            yield str(index.data()), wanted - view.visualRect(index).width()


def _cells(model: QAbstractItemModel) -> Iterator[QModelIndex]:
    """Of the first rows, and of those below them."""
    for row in range(min(ROWS, model.rowCount())):
        for parent in (QModelIndex(), model.index(row, 0)):
            inner = range(min(ROWS, model.rowCount(parent))) if parent.isValid() else (row,)
            for number in inner:
                for column in range(model.columnCount(parent)):
                    index = model.index(number, column, parent)
                    if index.data():
                        yield index


def _of_lines(view: QListView) -> Found:
    """Lists of names one below the other that cannot be moved aside."""
    if view.viewMode() is not QListView.ViewMode.ListMode or view.horizontalScrollBar().maximum():
        return
    for row in range(min(ROWS, view.model().rowCount())):
        index = view.model().index(row, 0)
        yield str(index.data()), view.visualRect(index).right() - view.viewport().width()


def _of_tabs(bar: QTabBar) -> Found:
    """Tabs side by side: Qt cuts their texts or offers arrows where they lack room."""
    yield (
        " ".join(bar.tabText(n) for n in range(bar.count())),
        (bar.sizeHint().width() - bar.width()),
    )


_LOOKS = {
    QLabel: _of_text,
    QAbstractButton: _of_text,
    QComboBox: _of_choice,
    QLineEdit: _of_field,
    QHeaderView: _of_head,
    QTreeView: _of_cells,
    QTableView: _of_cells,
    QListView: _of_lines,
    QTabBar: _of_tabs,
}
