"""The key sheet, made from the list of actions."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.actions import ACTIONS, GESTURES, MENUS, plain
from defectstudio.app.keymap import KeyMap
from defectstudio.gui.dialogs.key_map import shown
from defectstudio.gui.translation import localized

Group = tuple[str, list[tuple[str, str]]]
"""A heading, and the keys and texts below it."""

_COLUMNS = 3


class KeySheet(QDialog):
    """All keys and gestures on one page."""

    def __init__(self, keys: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        columns = QHBoxLayout()
        columns.setSpacing(2 * self.fontMetrics().height())
        groups = [
            (plain(localized(menu)), [
                (shown(keys[one.id][:2]), plain(localized(one.text)))
                for one in ACTIONS
                if one.menu == menu and keys[one.id]
            ])
            for menu in MENUS
        ]  # fmt: skip
        gestures = [(localized(gesture), localized(text)) for gesture, text in GESTURES]
        mouse = (self.tr("Mouse and canvas"), gestures)
        for column in _balanced([*groups, mouse]):
            columns.addLayout(self._column(column))
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        inner, area = QWidget(), QScrollArea()
        inner.setLayout(columns)
        area.setWidget(inner)
        area.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.addWidget(area)
        layout.addWidget(close)
        margin, room = 2 * self.fontMetrics().height(), self.screen().availableSize()
        wanted = inner.sizeHint() + QSize(margin, 3 * margin)
        self.resize(wanted.boundedTo(room * 0.9))

    def _column(self, groups: list[Group]) -> QGridLayout:
        grid, row = QGridLayout(), 0
        grid.setVerticalSpacing(5)
        for title, lines in groups:
            heading = QLabel(title)
            heading.setProperty("role", "heading")
            grid.addWidget(heading, row, 0, 1, 2)
            for place, (keys, text) in enumerate(lines, start=row + 1):
                key = QLabel(keys)
                key.setProperty("role", "key")
                grid.addWidget(key, place, 0, Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(QLabel(text), place, 1)
            row += len(lines) + 1
        grid.setRowStretch(row, 1)
        return grid


def _balanced(groups: list[Group]) -> list[list[Group]]:
    """Groups on columns of about the same height: the longest ones are placed first."""
    columns: list[list[Group]] = [[] for _ in range(_COLUMNS)]
    for group in sorted(groups, key=lambda group: -_height([group])):
        if group[1]:
            min(columns, key=_height).append(group)
    return [sorted(column, key=groups.index) for column in columns]


def _height(column: list[Group]) -> int:
    return sum(len(lines) + 1 for _, lines in column)
