"""Undo and redo: one stack of small commands."""

from __future__ import annotations

from typing import Protocol

from psygnal import Signal


class Command(Protocol):
    """Something that was done and can be taken back: its name in the menu, its cost in bytes,
    which may fall but never rises."""

    @property
    def text(self) -> str: ...

    @property
    def cost(self) -> int: ...

    def undo(self) -> None: ...

    def redo(self) -> None: ...


class History:
    """The commands done, oldest first, and those taken back.

    The oldest are forgotten beyond `limit` commands or, while more than `keep` are left,
    beyond `budget` bytes.
    """

    changed = Signal()

    def __init__(self, *, limit: int = 2000, keep: int = 200, budget: int = 256 << 20) -> None:
        self._limit, self._keep, self._budget = limit, keep, budget
        self._done: list[Command] = []
        self._undone: list[Command] = []
        self._at_most = 0
        """Bytes that all of them hold at most: none is asked again while this is in the budget."""

    @property
    def keep(self) -> int:
        """So many of the last commands are never forgotten."""
        return self._keep

    @property
    def budget(self) -> int:
        """Bytes beyond which the oldest commands are forgotten."""
        return self._budget

    @property
    def undo_text(self) -> str:
        """What `undo` would take back; empty when there is nothing."""
        return self._done[-1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        """What `redo` would do again; empty when there is nothing."""
        return self._undone[-1].text if self._undone else ""

    @property
    def cost(self) -> int:
        """Bytes held by all commands."""
        return sum(command.cost for command in (*self._done, *self._undone))

    def __len__(self) -> int:
        return len(self._done)

    def push(self, command: Command) -> None:
        """Put a command that has just been done on the stack; what was undone is gone."""
        self._undone.clear()
        self._done.append(command)
        self._at_most += command.cost
        self._forget()
        self.changed.emit()

    def undo(self) -> bool:
        """Take the last command back. False when there is none."""
        if not self._done:
            return False
        command = self._done[-1]
        command.undo()
        self._undone.append(self._done.pop())
        self.changed.emit()
        return True

    def redo(self) -> bool:
        """Do the last undone command again. False when there is none."""
        if not self._undone:
            return False
        command = self._undone[-1]
        command.redo()
        self._done.append(self._undone.pop())
        self.changed.emit()
        return True

    def discard(self, command: Command) -> None:
        """Take out a command that came to nothing, wherever it stands; unknown ones are fine."""
        for stack in (self._done, self._undone):
            stack[:] = [one for one in stack if one is not command]
        self.changed.emit()

    def hold(self, budget: int) -> None:
        """Hold at most so many bytes from now on."""
        self._budget = budget
        self._forget()
        self.changed.emit()

    def clear(self) -> None:
        """Forget everything, as when another project is opened."""
        self._done.clear()
        self._undone.clear()
        self.changed.emit()

    def _forget(self) -> None:
        del self._done[: max(0, len(self._done) - self._limit)]
        if self._at_most <= self._budget:
            return
        surplus, cost = 0, self.cost
        while cost > self._budget and len(self._done) - surplus > self._keep:
            cost -= self._done[surplus].cost
            surplus += 1
        del self._done[:surplus]
        self._at_most = cost
