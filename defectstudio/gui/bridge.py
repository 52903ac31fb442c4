"""The one bridge from signals below the window, which come on any thread, to the window's."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any

from psygnal import SignalInstance
from PySide6.QtCore import QObject, Qt, Signal


class Bridge(QObject):
    """Runs callables on the window's thread, in order; none after `close`."""

    _letters = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._relays: list[tuple[SignalInstance, Callable[..., None]]] = []
        self._open = True
        self._thread = get_ident()
        self._letters.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], object]) -> None:
        """Run `call` soon. May be called from any thread."""
        if self._open:
            self._letters.emit(call)

    def relay(self, signal: SignalInstance, slot: Callable[..., object]) -> None:
        """Call `slot` for every emission: at once on the window's thread, else soon.

        The slot takes all the signal's values.
        """

        def pass_on(*values: Any) -> None:
            if get_ident() == self._thread:
                slot(*values)
            else:
                self.post(lambda: slot(*values))

        # A closure has no signature psygnal could shorten to fewer values.
        signal.connect(pass_on, check_nargs=False)
        self._relays.append((signal, pass_on))

    def close(self) -> None:
        """Stop listening; what is under way is dropped."""
        self._open = False
        for signal, pass_on in self._relays:
            signal.disconnect(pass_on, missing_ok=True)
        self._relays.clear()

    def _deliver(self, call: Callable[[], object]) -> None:
        if self._open:
            call()
