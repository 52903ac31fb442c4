"""What a test may not leave behind, and how it is noticed."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Hashable
from pathlib import Path

import psutil
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QObject, QThread, QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QMainWindow

State = dict[str, dict[Hashable, str]]
"""What there is, by kind: a key that tells one from another, and its name."""

_ROLES = (QPalette.ColorRole.Window, QPalette.ColorRole.Text, QPalette.ColorRole.Highlight)


def look(app: QApplication) -> State:
    """Threads, timers, windows, processes and settings as they are now."""
    # By its type: asking torch's stand-ins for what they are makes them warn.
    objects = [found for found in gc.get_objects() if issubclass(type(found), QObject)]
    running = [one for one in objects if isinstance(one, QThread) and _is(one, "isRunning")]
    ticking = [one for one in objects if isinstance(one, QTimer) and _is(one, "isActive")]
    return {
        "thread": {thread: thread.name for thread in threading.enumerate()},
        "QThread": {id(one): repr(one) for one in running},
        "timer": {id(one): f"{one!r} every {one.interval()} ms" for one in ticking},
        "window": {id(one): repr(one) for one in app.topLevelWidgets() if one.isVisible()},
        "process": {child: " ".join(_words(child)) for child in psutil.Process().children(True)},
        "file": {(path, _stamp(path)): str(path) for path in _settings_files()},
        "setting": {(name, value): f"{name}: {value!r}" for name, value in _settings(app).items()},
    }


def left_since(before: State, app: QApplication, seconds: float = 5) -> list[str]:
    """What is there now and was not before; what is about to end is given time."""
    deadline = time.monotonic() + seconds
    while True:
        settle(app)
        left = [
            f"{kind}: {name}"
            for kind, found in look(app).items()
            for key, name in found.items()
            if key not in before[kind]
        ]
        if not left or time.monotonic() > deadline:
            return left
        QThread.msleep(10)


def close_windows(app: QApplication) -> None:
    """Close and destroy the main windows."""
    for widget in app.topLevelWidgets():
        if isinstance(widget, QMainWindow):
            if widget.isVisible():  # one that is closed would be asked again
                widget.close()
            widget.deleteLater()


def settle(app: QApplication) -> None:
    """Do what is due, destroy what is to be destroyed."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app.processEvents()
    gc.collect()


def home() -> Path:
    """Where settings go that a test gave no place of its own."""
    return Path(os.environ["DEFECTSTUDIO_HOME"])


def _is(found: QObject, question: str) -> bool:
    try:
        return getattr(found, question)()
    except RuntimeError:
        return False  # Qt has destroyed it.


def _words(child: psutil.Process) -> list[str]:
    try:
        return child.cmdline()
    except psutil.NoSuchProcess:
        return []


def _settings_files() -> list[Path]:
    return [path for path in home().rglob("*") if path.is_file()]


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns


def _settings(app: QApplication) -> dict[str, Hashable]:
    named = {f"variable {name}": value for name, value in os.environ.items()}
    named.pop("variable PYTEST_CURRENT_TEST", None)
    return named | {
        "style sheet": app.styleSheet(),
        "palette": tuple(app.palette().color(role).name() for role in _ROLES),
        "font": app.font().key(),
        "language": QLocale().name(),
        "pointer": app.overrideCursor() is None,
        "folder": Path.cwd(),
    }
