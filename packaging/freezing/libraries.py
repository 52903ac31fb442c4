"""What the application wants of a Linux system: libraries that it does not bring itself."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bootstrapping.libraries import OFFSCREEN, WINDOW

C_LIBRARY = "libc6"
_OF_THE_C_LIBRARY = re.compile(
    r"(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|anl|mvec|nsl|BrokenLocale))\.so\.\d+$"
)
PACKAGES = {
    **OFFSCREEN,
    **WINDOW,
    # Drivers of graphics cards bring what was compiled with the system's, which may be newer.
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libfreetype.so.6": "libfreetype6",
    "libOpenGL.so.0": "libopengl0",
    "libGLX.so.0": "libglx0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libdrm.so.2": "libdrm2",
    "libcrypt.so.1": "libcrypt1",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
"""The file that is opened, and Debian's package that has it."""


class UnknownLibraryError(Exception):
    """A library is needed that is neither in the application nor known to be in a package."""


def depends(folder: Path) -> list[str]:
    """Debian's packages that the files below a folder need. Raises UnknownLibraryError."""
    files = list(elf_files(folder))
    outside = missing(files)
    unknown = {name: user for name, user in outside.items() if name not in PACKAGES}
    if unknown:
        told = ", ".join(f"{name} (for {user})" for name, user in sorted(unknown.items()))
        raise UnknownLibraryError(f"no package is known for {told}: see {__file__}")
    newest = max(map(newest_glibc, files), default=0)
    packages = sorted({PACKAGES[name] for name in outside})
    return [f"{C_LIBRARY} (>= 2.{newest})", *packages]


def elf_files(folder: Path) -> Iterator[Path]:
    """Programs and libraries, each once however many links lead to it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                if stream.read(4) == b"\x7fELF":
                    yield path


def missing(files: list[Path]) -> dict[str, str]:
    """Library that none of the files is, and one file that needs it; the C library left out."""
    own = {path.name for path in files}
    return {
        name: path.name
        for path, names in needed(files).items()
        for name in names
        if name not in own and not _OF_THE_C_LIBRARY.match(name)
    }


def needed(files: list[Path]) -> dict[Path, list[str]]:
    """What each file names as needed, by binutils' readelf."""
    if not files:
        return {}
    done = subprocess.run(
        ["readelf", "-d", "-W", "--", *map(str, files)],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    names: dict[Path, list[str]] = {path: [] for path in files}
    at = files[0]
    for line in done.stdout.splitlines():
        if line.startswith("File: "):
            at = Path(line.removeprefix("File: "))
        elif found := re.search(r"\(NEEDED\).*\[(.+)\]", line):
            names[at].append(found[1])
    return names


def newest_glibc(library: Path) -> int:
    """The minor version of the newest symbol of glibc 2 that a file wants; 0 for none."""
    return max(map(int, re.findall(rb"\0GLIBC_2\.(\d+)", library.read_bytes())), default=0)
