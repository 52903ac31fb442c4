"""What the painting tools go by: brush, tolerance, shape and stamp."""

from __future__ import annotations

from psygnal import Signal

from defectstudio.imaging.types import Mask

MAX_BRUSH = 2000


class ToolSettings:
    """changed: one of these values, or what a tool shows.

    size: brush diameter in pixels; hardness: percent of the brush's radius that is solid;
    tolerance: how far the wand's values may differ, in percent of the display window's width;
    shape: a kind of `app.tools.shapes`; stamp: what the stamp draws.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.size = 12
        self.hardness = 100
        self.tolerance = 10.0
        self.shape = "crack"
        self.stamp: Mask | None = None

    def resize(self, diameter: int) -> None:
        """Choose the brush's diameter, held within 1..2000."""
        self.size = min(MAX_BRUSH, max(1, diameter))
        self.changed.emit()

    def step_size(self, direction: int) -> None:
        """An eighth larger (1) or smaller (-1), at least a pixel."""
        self.resize(self.size + direction * max(1, self.size // 8))

    def harden(self, percent: int) -> None:
        """Choose the brush's hardness, held within 0..100."""
        self.hardness = min(100, max(0, percent))
        self.changed.emit()

    def tolerate(self, percent: float) -> None:
        """Choose the wand's tolerance, held within 0..100."""
        self.tolerance = min(100.0, max(0.0, percent))
        self.changed.emit()

    def choose_shape(self, kind: str) -> None:
        """Choose the kind of shape."""
        self.shape = kind
        self.changed.emit()

    def choose_stamp(self, mask: Mask) -> None:
        """Choose what the stamp draws."""
        self.stamp = mask
        self.changed.emit()
