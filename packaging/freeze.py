"""Builds the application that needs no Python: `python packaging/freeze.py [--out dist]`.

Wants DefectStudio's libraries and the extra `freeze` in the Python that runs it, see
packaging/README.md. Builds for the system it runs on: on Linux a .deb (with dpkg-deb) and a
.tar.gz, on Windows a set-up program (with Inno Setup) or a .zip, on macOS a .dmg; beside it the
bill of materials and the checksums of all that is in the folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import wheels
from freezing import bundles, checksums, materials

ROOT = Path(__file__).resolve().parents[1]
DESK = ROOT / "build" / "freeze"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--folder-only", action="store_true", help="leave the application unpacked")
    parser.add_argument("--keep", action="store_true", help="keep what PyInstaller worked on")
    given = parser.parse_args()
    version = freeze(DESK)
    application = DESK / "dist" / "defectstudio"
    print(f"{application}: {bundles.size_of(application) / 1e6:.0f} MB")
    if not given.folder_only:
        out: Path = given.out.resolve()
        out.mkdir(parents=True, exist_ok=True)
        bill = materials.write(DESK, version, out)
        made = bundles.make(DESK, version, out, bill)
        print(*made, bill, checksums.write(out), sep="\n")
    if not given.keep:
        shutil.rmtree(DESK / "work", ignore_errors=True)
    return 0


def freeze(desk: Path) -> str:
    """Put the application into desk/dist/defectstudio; its version."""
    shutil.rmtree(desk, ignore_errors=True)
    desk.mkdir(parents=True)
    wheel = wheels.build(desk, "on")
    version = wheel.name.split("-")[1]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(desk / "program")
    from freezing import icons

    icons.write(desk / "program/defectstudio/resources/icons/defectstudio.svg", desk / "icons")
    subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *("--distpath", str(desk / "dist"), "--workpath", str(desk / "work")),
            str(ROOT / "packaging" / "defectstudio.spec"),
        ],
        env={**os.environ, "DEFECTSTUDIO_VERSION": version, "PYTHONPATH": str(desk / "program")},
        check=True,
    )
    return version


if __name__ == "__main__":
    sys.exit(main())
