"""For which systems a wheel with a compiled library is."""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
from pathlib import Path

from kernel_build import MACOS

_OLDEST_GLIBC = 17  # 2.17: what pip calls manylinux2014, the oldest that the other wheels support.
_NOT_EVERYWHERE = (b"libstdc++.so", b"libgcc_s.so", b"libc.musl")


def platform_of(library: Path) -> str:
    """The platform tag; on Linux by the newest symbol of glibc that the library wants."""
    if sys.platform == "darwin":
        return f"macosx_{MACOS.replace('.', '_')}_{platform.machine()}"
    here = re.sub(r"[-.]", "_", sysconfig.get_platform())
    if sys.platform != "linux":
        return here
    content = library.read_bytes()
    minors = [int(minor) for minor in re.findall(rb"\0GLIBC_2\.(\d+)", content)]
    if not minors or any(name in content for name in _NOT_EVERYWHERE):
        return here
    return f"manylinux_2_{max(_OLDEST_GLIBC, *minors)}_{here.removeprefix('linux_')}"
