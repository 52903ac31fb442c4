"""The key map: what every action's keys are, changed with a check for conflicts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.actions import ACTIONS, BY_ID, MENUS, plain
from defectstudio.app.keymap import DEFAULTS, KeyMap, owner, with_key, without
from defectstudio.gui.dialogs.parts import hint, verb_buttons
from defectstudio.gui.translation import localized

_ID = Qt.ItemDataRole.UserRole


class KeyMapDialog(QDialog):
    """`keys` is the map as it stands in the dialog."""

    def __init__(self, keys: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Change keys"))
        self.keys = dict(keys)
        em = self.fontMetrics().height()
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search actions and keys"))
        self.search.setAccessibleName(self.tr("Search actions and keys"))
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(self.tr("Actions"))
        self.tree.setHeaderLabels([self.tr("Action"), self.tr("Keys")])
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.tree.currentItemChanged.connect(lambda *_: self._refresh())
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self.edit.setAccessibleName(self.tr("New key"))
        self.edit.findChild(QLineEdit).setPlaceholderText(self.tr("Press a key"))
        self.edit.keySequenceChanged.connect(lambda _: self._refresh())
        self.add = QPushButton(self.tr("Add key"))
        self.add.clicked.connect(self._add)
        self.remove = QPushButton(self.tr("Remove keys"))
        self.remove.clicked.connect(self._remove)
        self.reset = QPushButton(self.tr("Default"))
        self.reset.clicked.connect(self._reset)
        self.reset_all = QPushButton(self.tr("All defaults"))
        self.reset_all.clicked.connect(self._reset_all)
        self.conflict = QLabel()
        self.conflict.setProperty("role", "error")
        self.conflict.setWordWrap(True)
        self.conflict.setMinimumHeight(round(1.4 * em))
        row = QHBoxLayout()
        row.addWidget(self.edit, 1)
        for button in (self.add, self.remove, self.reset):
            row.addWidget(button)
        buttons, self.save = verb_buttons(self.tr("Save keys"))
        buttons.addButton(self.reset_all, buttons.ButtonRole.ResetRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addWidget(hint(self.tr("Choose an action, click the field and press a key.")))
        layout.addLayout(row)
        layout.addWidget(self.conflict)
        layout.addWidget(buttons)
        self.resize(40 * em, 34 * em)
        self._fill()
        self._refresh()

    def choose(self, action_id: str) -> None:
        """Select the row of an action."""
        self.tree.setCurrentItem(self._rows[action_id])

    def _fill(self) -> None:
        self._rows: dict[str, QTreeWidgetItem] = {}
        for menu in MENUS:
            top = QTreeWidgetItem([plain(localized(menu))])
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.tree.addTopLevelItem(top)
            for action in ACTIONS:
                if action.menu == menu:
                    row = QTreeWidgetItem(top, [plain(localized(action.text))])
                    row.setData(0, _ID, action.id)
                    self._rows[action.id] = row
        self.tree.expandAll()
        self.tree.setCurrentItem(next(iter(self._rows.values())))

    @property
    def _chosen(self) -> str:
        row = self.tree.currentItem()
        return (row.data(0, _ID) or "") if row is not None else ""

    @property
    def _pressed(self) -> str:
        return self.edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _refresh(self) -> None:
        for action_id, row in self._rows.items():
            row.setText(1, shown(self.keys[action_id]))
        chosen, key = self._chosen, self._pressed
        other = owner(self.keys, key) if key else ""
        taken = other not in ("", chosen)
        self.conflict.setText(self._conflict(other) if taken else "")
        self.add.setText(self.tr("Take over") if taken else self.tr("Add key"))
        self.add.setEnabled(bool(chosen and key) and other not in ("class", chosen))
        self.remove.setEnabled(bool(chosen) and bool(self.keys[chosen]))
        self.reset.setEnabled(bool(chosen) and self.keys[chosen] != DEFAULTS[chosen])
        self.reset_all.setEnabled(self.keys != DEFAULTS)

    def _conflict(self, other: str) -> str:
        if other == "class":
            return self.tr("The digits choose classes.")
        return self.tr("This key belongs to “{}”.").format(plain(localized(BY_ID[other].text)))

    def _add(self) -> None:
        self.keys = with_key(self.keys, self._chosen, self._pressed)
        self.edit.clear()
        self._refresh()

    def _remove(self) -> None:
        self.keys = {**self.keys, self._chosen: ()}
        self._refresh()

    def _reset(self) -> None:
        chosen = self._chosen
        wanted = DEFAULTS[chosen]
        self.keys = {**without(self.keys, wanted), chosen: wanted}
        self._refresh()

    def _reset_all(self) -> None:
        self.keys = dict(DEFAULTS)
        self._refresh()

    def _filter(self, text: str) -> None:
        wanted = text.casefold().strip()
        for row in self._rows.values():
            row.setHidden(wanted not in f"{row.text(0)} {row.text(1)}".casefold())
        for number in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(number)
            top.setHidden(all(top.child(child).isHidden() for child in range(top.childCount())))


def shown(keys: tuple[str, ...]) -> str:
    """Keys as this system writes them."""
    form = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(form) for key in keys)
