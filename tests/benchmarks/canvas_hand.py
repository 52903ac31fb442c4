"""A hand at a widget, timed. It knows no binding of Qt, so that all programs feel the same one."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

Place = tuple[float, float]
Area = tuple[float, float, float, float]
"""Left, top, width, height."""


class Hand:
    """Sends events to a widget; each is followed by all that it caused, repaint included.

    Places are those of `frame`, which stays where it is when a widget is scrolled in it: a hand
    moves over the screen.
    handler: milliseconds of the event's own code; whole: with the repaint; work: what of it the
    thread had a processor for, which other programs on a busy machine change less.
    """

    def __init__(self, core: Any, gui: Any, app: Any, widget: Any, frame: Any = None) -> None:
        self._core, self._gui, self._app, self._widget = core, gui, app, widget
        self._frame = widget if frame is None else frame
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.handler: list[float] = []
        self.whole: list[float] = []
        self.work: list[float] = []

    def told(self) -> dict[str, Any]:
        """The figures of all that was counted."""
        times = {"handler": self.handler, "whole": self.whole, "work": self.work}
        return {name: figures(own) for name, own in times.items()}

    def drag(self, places: list[Place], button: str = "LeftButton", *, pause: float = 0.0) -> float:
        """A drag through places; moves are counted. Returns the release's ms.

        pause: seconds from one move to the next, spent in the event loop.
        """
        kinds = self._core.QEvent.Type
        self._mouse(kinds.MouseButtonPress, places[0], button)
        for place in places[1:]:
            start = time.perf_counter()
            self._mouse(kinds.MouseMove, place, button, counted=True)
            self.rest(start + pause - time.perf_counter())
        return self._mouse(kinds.MouseButtonRelease, places[-1], button)

    def wheel(self, place: Place, turns: list[int], *, control: bool = False) -> None:
        """Turn the wheel at a place, `turns` in notches."""
        core, qt = self._core, self._core.Qt
        keys = qt.KeyboardModifier.ControlModifier if control else qt.KeyboardModifier.NoModifier
        for turn in turns:
            point, _, spot = self._seen_from(place)
            event = self._gui.QWheelEvent(
                point, spot, core.QPoint(), core.QPoint(0, 120 * turn),
                qt.MouseButton.NoButton, keys, qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            self._send(event, counted=True)

    def rest(self, seconds: float) -> None:
        """Let the program live for a while, without work of our own."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self._app.processEvents()
            time.sleep(0.001)

    def _mouse(self, kind: Any, place: Place, button: str, *, counted: bool = False) -> float:
        core, qt = self._core, self._core.Qt
        own = getattr(qt.MouseButton, button)
        moves = kind == core.QEvent.Type.MouseMove
        ends = kind == core.QEvent.Type.MouseButtonRelease
        point, window, spot = self._seen_from(place)
        event = self._gui.QMouseEvent(
            kind, point, window, spot, qt.MouseButton.NoButton if moves else own,
            qt.MouseButton.NoButton if ends else own, qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        return self._send(event, counted=counted)

    def _seen_from(self, place: Place) -> tuple[Any, Any, Any]:
        """The place in the widget, in its window and on the screen."""
        core, point = self._core, self._core.QPointF(*place)
        if self._frame is not self._widget:
            point = core.QPointF(self._widget.mapFrom(self._frame, point.toPoint()))
        window = self._widget.mapTo(self._widget.window(), point.toPoint())
        return point, core.QPointF(window), core.QPointF(self._widget.mapToGlobal(point.toPoint()))

    def _send(self, event: Any, *, counted: bool) -> float:
        start, worked = time.perf_counter(), time.thread_time()
        self._app.sendEvent(self._widget, event)
        handled = time.perf_counter()
        self._app.processEvents()
        done, work = time.perf_counter(), time.thread_time()
        if counted:
            self.handler.append(1000 * (handled - start))
            self.whole.append(1000 * (done - start))
            self.work.append(1000 * (work - worked))
        return 1000 * (done - start)


def wander(area: Area, count: int) -> list[Place]:
    """A line through an area as a hand draws it, about 8 px a step."""
    left, top, width, height = area
    speed = 8 / (0.42 * max(width, height))
    return [
        (
            left + width * (0.5 + 0.42 * math.sin(speed * step)),
            top + height * (0.5 + 0.42 * math.sin(0.73 * speed * step + 0.4)),
        )
        for step in range(count)
    ]


def figures(times: list[float]) -> dict[str, float]:
    """Median, 95th percentile and maximum of milliseconds."""
    ordered = sorted(times)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)

    return {"median": at(0.5), "p95": at(0.95), "max": at(1.0), "count": len(ordered)}


def peak_mb() -> float:
    """The most memory this process had in use (Linux, macOS), in 10**6 bytes."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        import resource

        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1)
    # What Linux tells of a process's use begins with that of whoever started it.
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return round(int(peak.split()[1]) * 1024 / 1e6, 1)
