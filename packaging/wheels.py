"""Builds what is published: `python packaging/wheels.py [--out dist]`, with hatchling installed.

Two wheels: one for this platform with the compiled core of blending, and one for any other
without. pip takes the first where it fits. Built on an old Linux, the first fits more of them.
Besides the source, from which pip compiles the core on a system with a C++ compiler, and the
checksums of all.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from freezing import checksums
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    out: Path = parser.parse_args().out
    built = [build(out, kernel) for kernel in ("on", "off")]
    print(*built, source(out), checksums.write(out), sep="\n")
    if built[0] == built[1]:
        print("The wheel for this platform is missing: see above.", file=sys.stderr)
        return 1
    return 0


def build(out: Path, kernel: str) -> Path:
    """The wheel with or without the compiled core; without as well where it cannot be built."""
    os.environ["DEFECTSTUDIO_KERNEL"] = kernel
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(out.resolve()), versions=["standard"])
    return Path(wheel)


def source(out: Path) -> Path:
    """What git keeps, as one archive."""
    (archive,) = SdistBuilder(str(ROOT)).build(directory=str(out.resolve()), versions=["standard"])
    return Path(archive)


if __name__ == "__main__":
    sys.exit(main())
