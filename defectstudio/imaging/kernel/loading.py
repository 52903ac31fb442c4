"""The compiled core of blending and painting: found, checked and opened, or why it is not there.

packaging/kernel_build.py makes the library from blend.cpp and its headers. Whatever is wrong with
it, both go on in NumPy; nothing here raises. The build imports this file from a bare Python:
standard library only.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import struct
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ABI = 2
VARIABLE = "DEFECTSTUDIO_KERNEL"
FOLDER = Path(__file__).resolve().parent
SOURCE = "blend.cpp"
LIBRARY = "_blend" + {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
COMPILERS = {
    "darwin": "xcode-select --install",
    "win32": "Build Tools for Visual Studio, workload C++",
}
GCC = "Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++"
BUILD_COMMAND = "python3 packaging/kernel_build.py"


@dataclass(frozen=True)
class Kernel:
    """library: None where blending falls back to NumPy; found: the compiler, or why there is none.

    remedy: how to get the library, empty where it is there.
    """

    library: ctypes.CDLL | None
    found: str
    remedy: str = ""


def library() -> ctypes.CDLL | None:
    """The library, opened once; None means: take the fallback."""
    return status().library


def status() -> Kernel:
    """What is there. The switch is looked at every time, the file once."""
    if switched_off():
        return Kernel(None, f"switched off by {VARIABLE}=off", f"Unset {VARIABLE}.")
    return _own()


def switched_off() -> bool:
    """Whether the environment forbids the library, to build it as well as to use it."""
    return os.environ.get(VARIABLE, "").lower() == "off"


def look(folder: Path) -> Kernel:
    """Open the library in `folder` if it is whole, of this ABI and of the source beside it."""
    try:
        opened = _open(folder)
    except (OSError, _UnfitError) as problem:
        return Kernel(None, " ".join(str(problem).split()), _remedy())
    compiler = _text(opened, "ds_compiler")
    return Kernel(opened, f"compiled by {compiler}" if compiler else "compiled")


def sources(folder: Path) -> list[Path]:
    """What the library is built from."""
    return sorted(path for path in folder.glob("*.?pp") if path.suffix in (".cpp", ".hpp"))


def stamp(folder: Path) -> str:
    """What a library built from the sources in `folder` says; git's line ends do not matter."""
    known = hashlib.sha256()
    for path in sources(folder):
        known.update(path.name.encode() + b"\n" + path.read_bytes().replace(b"\r\n", b"\n"))
    return known.hexdigest()[:16]


def compiler_hint() -> str:
    """How to get a C++ compiler on this system."""
    return COMPILERS.get(sys.platform, GCC)


class _UnfitError(Exception):
    """The library must not be used; the text says why."""


@cache
def _own() -> Kernel:
    return look(FOLDER)


def _open(folder: Path) -> ctypes.CDLL:
    path = folder / LIBRARY
    if not path.is_file():
        raise _UnfitError("not built")
    if not _is_whole(path):
        raise _UnfitError(f"{LIBRARY} is cut off")
    opened = ctypes.CDLL(str(path))
    if _number(opened, "ds_abi") != ABI:
        raise _UnfitError(f"{LIBRARY} belongs to another version of DefectStudio")
    if sources(folder) and _text(opened, "ds_source") != stamp(folder):
        raise _UnfitError(f"{LIBRARY} was built from another {SOURCE} or header")
    return opened


def _is_whole(path: Path) -> bool:
    """Linux maps a file that was cut off and dies of it (SIGBUS) instead of refusing.

    An ELF file ends with its table of sections; of other formats the system itself checks the size.
    """
    with path.open("rb") as stream:
        head = stream.read(64)
    if not head.startswith(b"\x7fELF\x02"):
        return True
    if len(head) < 64:
        return False
    order = "<" if head[5] == 1 else ">"
    (start,) = struct.unpack_from(f"{order}Q", head, 40)
    size, count = struct.unpack_from(f"{order}HH", head, 58)
    return path.stat().st_size >= int(start) + int(size) * int(count)


def _number(opened: ctypes.CDLL, name: str) -> int | None:
    function = getattr(opened, name, None)
    if function is None:
        return None
    function.restype = ctypes.c_uint32
    return int(function())


def _text(opened: ctypes.CDLL, name: str) -> str:
    function = getattr(opened, name, None)
    if function is None:
        return ""
    function.restype = ctypes.c_char_p
    return (function() or b"").decode("ascii", "replace")


def _remedy() -> str:
    if (FOLDER.parents[2] / BUILD_COMMAND.split()[1]).is_file():
        return f"With a C++ compiler ({compiler_hint()}) run: {BUILD_COMMAND}"
    return (
        "Install DefectStudio's wheel for this system, or with a C++ compiler"
        f" ({compiler_hint()}) install it from its source."
    )
