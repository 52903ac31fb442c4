"""The command palette: every action, found by a few letters of its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.actions import ACTIONS, Action, plain
from defectstudio.app.fuzzy import ranked
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.translation import localized

_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_HIDDEN = frozenset({"help.palette"})


class CommandPalette(QDialog):
    """Type, choose with the arrows, Enter. `chosen` is the action to do, None when it is left."""

    def __init__(self, actions: ActionBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Commands"))
        self._actions = actions
        self.chosen: QAction | None = None
        em = self.fontMetrics().height()
        blank = QPixmap(em, em)
        blank.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(blank)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Type a few letters of a command"))
        self.search.setAccessibleName(self.tr("Command"))
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._show)
        self.search.returnPressed.connect(self._take)
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setIconSize(QSize(em, em))
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.itemActivated.connect(lambda *_: self._take())
        self.list.itemClicked.connect(lambda *_: self._take())
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        self.resize(38 * em, 26 * em)
        self._show("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() in _MOVES:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _show(self, query: str) -> None:
        self.list.clear()
        offered = [action for action in ACTIONS if action.id not in _HIDDEN]
        for action in ranked(query, offered, _full_text):
            self.list.addTopLevelItem(self._row(action))
        rows = (self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount()))
        first = next((row for row in rows if not row.isDisabled()), None)
        if first is not None:
            self.list.setCurrentItem(first)

    def _row(self, action: Action) -> QTreeWidgetItem:
        done = self._actions[action.id]
        keys = ", ".join(
            one.toString(QKeySequence.SequenceFormat.NativeText) for one in done.shortcuts()
        )
        row = QTreeWidgetItem([_full_text(action), keys])
        row.setIcon(0, self._blank if done.icon().isNull() else done.icon())
        row.setData(0, Qt.ItemDataRole.UserRole, action.id)
        row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.setDisabled(not done.isEnabled())
        return row

    def _take(self) -> None:
        row = self.list.currentItem()
        if row is not None and not row.isDisabled():
            self.chosen = self._actions[row.data(0, Qt.ItemDataRole.UserRole)]
            self.accept()


def _full_text(action: Action) -> str:
    name = plain(localized(action.text))
    return f"{plain(localized(action.menu))} › {name}" if action.menu else name
