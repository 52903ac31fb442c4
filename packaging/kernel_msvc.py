"""Microsoft's compiler: where it is, what it wants around it, and libraries that are in use."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
from pathlib import Path

_TOOLS = "Microsoft.VisualStudio.Component.VC.Tools"
_KINDS = {"AMD64": ("vcvars64.bat", "x86.x64"), "ARM64": ("vcvarsarm64.bat", "ARM64")}


def environment() -> dict[str, str] | None:
    """The variables with which `cl` runs; None when it is not installed."""
    if shutil.which("cl"):
        return dict(os.environ)
    script = _script()
    return _variables_after(script) if script else None


def vswhere(programs: str, component: str) -> list[str]:
    """The command that tells where the newest Visual Studio with C++ is."""
    finder = Path(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe")
    return [
        *(str(finder), "-latest", "-products", "*", "-requires", component),
        *("-property", "installationPath", "-utf8"),
    ]


def variables(listed: str) -> dict[str, str]:
    """What `set` prints, as a mapping."""
    pairs = (line.partition("=") for line in listed.splitlines())
    return {name.upper(): value for name, equals, value in pairs if name and equals}


def move_away(library: Path) -> None:
    """Windows lets a library in use be renamed, not replaced; what is free by now is deleted."""
    for old in library.parent.glob(f"{library.name}.part-old*"):
        with contextlib.suppress(OSError):
            old.unlink()
    if library.exists():
        library.replace(library.with_name(f"{library.name}.part-old{os.getpid()}"))


def _script() -> Path | None:
    kind = _KINDS.get(platform.machine().upper())
    programs = os.environ.get("PROGRAMFILES(X86)")
    if kind is None or programs is None:
        return None
    batch, tools = kind
    try:
        said = _output(vswhere(programs, f"{_TOOLS}.{tools}"), "utf-8")
    except OSError:
        return None
    script = Path(said.strip(), "VC", "Auxiliary", "Build", batch)
    return script if said.strip() and script.is_file() else None


def _variables_after(script: Path) -> dict[str, str] | None:
    # One string, since cmd has quoting of its own; with /u its `set` writes UTF-16.
    found = variables(_output(f'cmd /d /u /s /c ""{script}" >nul && set"', "utf-16-le"))
    return found if "INCLUDE" in found else None


def _output(command: list[str] | str, encoding: str) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.stdout.decode(encoding, "replace") if done.returncode == 0 else ""
