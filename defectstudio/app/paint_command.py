"""Edits of planes, on the undo stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from defectstudio.app.strokes import Change


@dataclass(frozen=True, eq=False)
class PaintCommand:
    """A change of one image's plane, or of its region. `apply` undoes and redoes it."""

    apply: Callable[[PaintCommand], None]
    text: str
    image_id: int
    change: Change
    on_region: bool

    @property
    def cost(self) -> int:
        return self.change.cost

    def undo(self) -> None:
        self.apply(self)

    def redo(self) -> None:
        self.apply(self)
