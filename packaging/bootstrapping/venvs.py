"""Making a virtual environment, also with a Python that has no pip to put into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bootstrapping import apt
from bootstrapping.commands import output, succeeds
from bootstrapping.state import STAMP
from bootstrapping.talk import SetupError, say

_PIP_WITH_PYTHON_OPTION = (22, 3)


def python_of(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return _python_of(venv, windows=os.name == "nt")


def _python_of(venv: Path, *, windows: bool) -> Path:
    return venv / ("Scripts/python.exe" if windows else "bin/python")


def remove(venv: Path) -> None:
    """Delete a virtual environment that this script made; its stamp goes last."""
    for entry in venv.iterdir():
        if entry.name == STAMP:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def make(venv: Path) -> None:
    """Make the virtual environment with pip inside.

    Ways, in order: the venv module; venv without pip and a pip found elsewhere; virtualenv;
    Debian's python3-venv when root. Raises SetupError, with the line to run, when none works.
    """
    ways = (_with_venv, _with_other_pip, _with_virtualenv, _with_apt)
    if not any(way(venv) for way in ways):
        raise SetupError(
            "This Python cannot make a virtual environment with pip (ensurepip is missing).\n"
            f"Run this line, then the command again:\n    {_remedy()}"
        )


def _with_venv(venv: Path) -> bool:
    if not succeeds([sys.executable, "-c", "import ensurepip, venv"]):
        return False
    return _works(venv, [sys.executable, "-m", "venv", venv])


def _with_other_pip(venv: Path) -> bool:
    pip = _found_pip()
    if pip is None or not _works(venv, [sys.executable, "-m", "venv", "--without-pip", venv], ""):
        return False
    say("  this Python has no ensurepip: using the pip found beside it")
    return _works(venv, [*pip, "--python", python_of(venv), "install", "--quiet", "pip"])


def _with_virtualenv(venv: Path) -> bool:
    for tool in ([sys.executable, "-m", "virtualenv"], ["virtualenv"]):
        if succeeds([*tool, "--version"]):
            return _works(venv, [*tool, "--quiet", "--python", sys.executable, venv])
    return False


def _with_apt(venv: Path) -> bool:
    if not _is_system_python() or not apt.usable():
        return False
    say("  this Python has no ensurepip: installing Debian's package for it")
    return apt.install([_debian_package()]) and _with_venv(venv)


def _works(venv: Path, command: list[str | Path], check: str = "import pip") -> bool:
    done = subprocess.run(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PIP_USER": "0"},
        check=False,
    )
    return done.returncode == 0 and succeeds([python_of(venv), "-c", check])


def _found_pip() -> list[str] | None:
    """A pip that can work for another interpreter (`pip --python`), or None."""
    for pip in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        version = output([*pip, "--version"]).split(" ")
        if len(version) > 1 and _numbers(version[1]) >= _PIP_WITH_PYTHON_OPTION:
            return pip
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _is_system_python() -> bool:
    return sys.platform == "linux" and sys.base_prefix == "/usr"


def _debian_package() -> str:
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"


def _remedy() -> str:
    if _is_system_python() and apt.on_debian():
        return apt.line([_debian_package()])
    return f"{sys.executable} -m pip install virtualenv"
