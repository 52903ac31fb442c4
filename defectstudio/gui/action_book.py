"""The list of actions as Qt actions: menus, shortcuts, icons, tool tips."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from defectstudio.app.actions import ACTIONS, BY_ID, CLASS_KEYS, MENUS, first_word, plain
from defectstudio.app.keymap import DEFAULTS
from defectstudio.gui.icons import icon
from defectstudio.gui.translation import localized

_TOOLS = "tool."
_ON_CANVAS = frozenset({"view.overlays"})
"""Their keys work on the canvas only: Tab moves the focus elsewhere."""


class ActionBook(QObject):
    """Qt actions by id. `prepare` is called before an action does something: it may be asked for
    before what it needs is built. class_key: the number (from 0) of a class key that was pressed.
    """

    class_key = Signal(int)

    def __init__(self, window: QWidget, prepare: Callable[[], object]) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        self._slots: dict[str, Callable[[], object]] = {}
        self._prepare = prepare
        self._window = window
        self._keys: Mapping[str, tuple[str, ...]] = DEFAULTS
        self._bare = True
        self._class_keys: list[QAction] = []
        tools = QActionGroup(self)
        for action in ACTIONS:
            made = self._made(action.id)
            if action.id.startswith(_TOOLS):
                tools.addAction(made)
        for number, key in enumerate(CLASS_KEYS):
            made = QAction(self)
            made.setShortcut(key)
            made.triggered.connect(lambda _=False, n=number: self.class_key.emit(n))
            window.addAction(made)
            self._class_keys.append(made)

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def connect_all(self, slots: dict[str, Callable[[], object]]) -> None:
        """Connect actions without a state, by id."""
        self._slots |= slots

    def _run(self, action_id: str) -> None:
        self._prepare()
        if action_id in self._slots:
            self._slots[action_id]()

    def fill(self, bar: QMenuBar) -> None:
        """Build the menus."""
        for title in MENUS:
            menu, group = bar.addMenu(localized(title)), ""
            for action in ACTIONS:
                if action.menu == title:
                    kind = action.id.partition(".")[0]
                    if group and kind != group:
                        menu.addSeparator()
                    menu.addAction(self[action.id])
                    group = kind

    def keep_on(self, canvas: QWidget) -> None:
        """Tie the canvas's own keys to it."""
        for action_id in _ON_CANVAS:
            canvas.addAction(self[action_id])

    def show_keys(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Give the actions these keys, by id; the first is shown."""
        self._keys = keys
        for action_id, made in self._actions.items():
            own = [QKeySequence(key) for key in keys.get(action_id, ())]
            shown = own[0].toString(QKeySequence.SequenceFormat.NativeText) if own else ""
            text = plain(localized(BY_ID[action_id].text))
            made.setToolTip(text + (f"  ({shown})" if shown else ""))
        self._listen()

    def listen_to_bare_keys(self, on: bool) -> None:
        """Whether keys without Ctrl or Alt do something: where one paints, not where one types."""
        self._bare = on
        self._listen()

    def _listen(self) -> None:
        for action_id, made in self._actions.items():
            keys = self._keys.get(action_id, ())
            made.setShortcuts([QKeySequence(key) for key in keys if self._bare or not is_bare(key)])
        for made in self._class_keys:
            made.setEnabled(self._bare)

    def show_step(self, action_id: str, step: str) -> None:
        """Say what undo or redo would do; it can do nothing without a step."""
        action, verb = self[action_id], plain(localized(BY_ID[action_id].text))
        named = localized(step)
        # Only English puts a noun into the middle of a sentence as it is.
        action.setText(f"{verb} {step.lower()}".strip() if named == step else f"{verb}: {named}")
        action.setIconText(verb)
        action.setEnabled(bool(step))

    def set_project_open(self, is_open: bool) -> None:
        """Enable what needs a project."""
        for action in ACTIONS:
            if action.needs_project:
                self[action.id].setEnabled(is_open)

    def _made(self, action_id: str) -> QAction:
        action = BY_ID[action_id]
        made = QAction(localized(action.text), self)
        made.setObjectName(action.id)
        made.setCheckable(action.checkable)
        made.triggered.connect(lambda: self._run(action.id))
        if action.icon:
            made.setIcon(icon(action.icon))
            made.setIconVisibleInMenu(False)
        made.setIconText(localized(first_word(action.text)))
        if action.id in _ON_CANVAS:
            made.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        else:
            self._window.addAction(made)
        self._actions[action.id] = made
        return made


def is_bare(key: str) -> bool:
    """Whether it is a key that also writes, moves or confirms: no chord, no F key, no help."""
    return "+" not in key[:-1] and key != "?" and not key[1:].isdigit()
