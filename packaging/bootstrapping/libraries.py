"""The system libraries that Qt needs on Linux; its wheels carry everything else."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass

from bootstrapping import apt
from bootstrapping.talk import say

# Needed by every Qt program, also without a screen: the file that is opened, Debian's package.
OFFSCREEN = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
}
# Needed for a window under X11 besides.
WINDOW = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
}


@dataclass(frozen=True)
class Found:
    """What can be shown: a window, or Qt at all."""

    window: bool
    offscreen: bool


def provide() -> Found:
    """Install what is missing where that needs no question, else say the line to run."""
    if sys.platform != "linux":
        return Found(window=True, offscreen=True)
    missing = _missing({**OFFSCREEN, **WINDOW})
    if missing and apt.usable():
        say("Qt needs some system libraries that are missing.")
        apt.install(list(missing.values()))
        missing = _missing(missing)
    if missing:
        _tell(missing)
    return Found(window=not missing, offscreen=not missing.keys() & OFFSCREEN.keys())


def _missing(libraries: dict[str, str]) -> dict[str, str]:
    return {name: package for name, package in libraries.items() if not _can_be_loaded(name)}


def _can_be_loaded(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _tell(missing: dict[str, str]) -> None:
    if apt.on_debian():
        say("Qt needs system libraries that are missing. Run this line to install them:")
        say(f"    {apt.line(list(missing.values()))}")
    else:
        say("Qt needs system libraries that are missing. Install the packages that hold:")
        say(f"    {' '.join(missing)}")
