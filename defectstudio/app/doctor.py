"""What this machine can do, what is missing and how to get it."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import defectstudio
from defectstudio.app.settings import settings_path
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.parts import how_to_install, is_frozen
from defectstudio.domain.resources import resource
from defectstudio.imaging.kernel import loading
from defectstudio.jobs.once import describe

_LIBRARIES = ("numpy", "scipy", "opencv-python-headless", "scikit-image", "pyqtgraph")
_LOW_DISK = 5 * 1024**3
_LINUX_QT = {
    "GL": "libgl1",
    "EGL": "libegl1",
    "fontconfig": "libfontconfig1",
    "glib-2.0": "libglib2.0-0",
    "xkbcommon": "libxkbcommon0",
    "dbus-1": "libdbus-1-3",
}
_LINUX_SCREEN = {
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-shape": "libxcb-shape0",
    "xcb-xkb": "libxcb-xkb1",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-image": "libxcb-image0",
    "xcb-render-util": "libxcb-render-util0",
}


@dataclass(frozen=True)
class Check:
    """One thing looked at. state: "ok", "note" (works, could be better) or "missing"."""

    name: str
    state: str
    found: str
    remedy: str = ""


def examine(folder: Path | None = None) -> list[Check]:
    """Look at everything; never raises. folder: where projects lie (default: the current one)."""
    return [
        _program(),
        *(_library(name) for name in _LIBRARIES),
        _kernel(),
        *_worker(),
        *_window(),
        _disk(folder or Path.cwd()),
        _weights(),
        Check("settings", "ok", str(settings_path())),
    ]


def _program() -> Check:
    found = f"DefectStudio {defectstudio.__version__}, Python {platform.python_version()}, "
    return Check("program", "ok", found + f"{platform.system()} {platform.machine()}")


def _library(name: str) -> Check:
    try:
        return Check(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Check(name, "missing", "not installed", how_to_install(name))


def _kernel() -> Check:
    kernel = loading.status()
    if kernel.library is not None:
        return Check("blending kernel", "ok", kernel.found)
    return Check("blending kernel", "note", f"NumPy fallback: {kernel.found}", kernel.remedy)


def _worker() -> list[Check]:
    """What a worker process says: only there may PyTorch be imported."""
    try:
        said = describe()
    except DefectStudioError as error:
        return [Check("worker", "missing", error.reason, error.remedy)]
    checks = [
        Check("torch", "ok", str(said.get("torch", "unknown"))),
        Check("processor", "ok", f"{said.get('cpu', '?')}, {os.cpu_count()} cores, "
              f"{said.get('threads', '?')} threads for a worker"),
    ]  # fmt: skip
    devices = said.get("cuda")
    if isinstance(devices, list) and devices:
        return [*checks, Check("CUDA", "ok", ", ".join(map(str, devices)))]
    remedy = "Training runs on the processor. "
    remedy += (
        "An NVIDIA card needs an installation by pip."
        if is_frozen()
        else "For an NVIDIA card install PyTorch with CUDA."
    )
    return [*checks, Check("CUDA", "note", "no device", remedy)]


def _window() -> list[Check]:
    if importlib.util.find_spec("PySide6") is None:
        remedy = how_to_install("PySide6-Essentials>=6.8,<6.12")
        return [Check("Qt", "missing", "PySide6 is not installed", remedy)]
    checks = [_library("PySide6-Essentials")]
    if sys.platform == "linux":
        checks.append(_system_libraries("Qt libraries", _LINUX_QT, "missing"))
        checks.append(_system_libraries("Qt on a screen", _LINUX_SCREEN, "note"))
    return [*checks, _screen()]


def _system_libraries(name: str, packages: dict[str, str], state: str) -> Check:
    absent = [deb for library, deb in packages.items() if not ctypes.util.find_library(library)]
    if not absent:
        return Check(name, "ok", f"all {len(packages)} found")
    remedy = f"On Debian or Ubuntu: apt install {' '.join(absent)}"
    return Check(name, state, f"{len(absent)} not found", remedy)


def has_screen() -> bool:
    """Whether a window could be opened, as far as the environment says."""
    if os.environ.get("QT_QPA_PLATFORM", "") in ("offscreen", "minimal"):
        return False
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def can_open_window() -> bool:
    """Whether the window can start: on a screen, or where Qt was told to do without one."""
    return has_screen() or bool(os.environ.get("QT_QPA_PLATFORM"))


def _screen() -> Check:
    if has_screen():
        return Check("screen", "ok", "there is one")
    return Check("screen", "note", "none", "Commands work all the same; the window needs one.")


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GB free at {folder}"
    if free >= _LOW_DISK:
        return Check("disk", "ok", found)
    return Check("disk", "note", found, "Large batches and trainings need more.")


def _weights() -> Check:
    try:
        found = sorted(resource("weights").glob("*/generator.json"))
    except DefectStudioError:
        found = []
    if found:
        return Check("sample generators", "ok", ", ".join(path.parent.name for path in found))
    return Check("sample generators", "missing", "none in this build", "Install it again.")
