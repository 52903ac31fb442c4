"""Python kept out of the window's way: garbage collection, and threads that hold it.

A collection runs on whatever thread happens to allocate. On a thread that reads thumbnails it
would destroy Qt objects caught in reference cycles, and Qt dies of that.

What is there when the window begins and when it is complete, modules for the most part, stays: to
look through it each time takes 60 ms, in the midst of a stroke.

A thread that works in Python keeps it for 5 ms when the window wants it: a tenth of that is enough.

PySide reads the source of every module that is imported after it, looking for users of its
`__feature__` switches, and keeps the text: 60 ms and 21 MB. Nothing here uses them.
"""

from __future__ import annotations

import gc
import sys
from contextlib import suppress

from PySide6.QtCore import QObject, QTimer

with suppress(ImportError):  # At once: what is imported before the window is made counts too.
    from shibokensupport import feature

    feature._mod_uses_pyside = lambda _module: False

INTERVAL_MS = 1000
SWITCH_S = 0.0005


class Collector(QObject):
    """Takes collecting over from Python until `end`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self.spare()
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def spare(self) -> None:
        """Look through what is there now no more, until `end`."""
        gc.freeze()

    def collect(self) -> None:
        """Collect the generations that are due by Python's own thresholds."""
        pairs = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, limit) in enumerate(pairs) if count > limit]
        if due:
            gc.collect(due[-1])

    def end(self) -> None:
        """Collect once more and hand it back."""
        self._timer.stop()
        sys.setswitchinterval(self._switch_s)
        gc.unfreeze()
        gc.collect()
        if self._was_enabled:
            gc.enable()
