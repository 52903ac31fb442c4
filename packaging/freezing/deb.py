"""The application as a package for Debian and Ubuntu; needs dpkg-deb, not root."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from freezing import libraries
from freezing.icons import SIZES

NAME = "defectstudio"
PLACE = Path("usr/lib") / NAME
HERE = Path(__file__).resolve().parents[1] / "linux"
ROOT = Path(__file__).resolve().parents[2]


def build(desk: Path, version: str, out: Path, bill: Path) -> Path:
    """Pack desk/dist/defectstudio; the package in `out`. bill: goes with the documents."""
    tree = desk / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    needs = libraries.depends(desk / "dist" / NAME)
    lay(tree, desk, bill)
    architecture = _said("dpkg", "--print-architecture")
    about = control(version, architecture, installed_size(tree), needs, maintainer())
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN" / "control").write_text(about, encoding="utf-8")
    package = out / f"{NAME}_{version}_{architecture}.deb"
    pack = ("dpkg-deb", "--root-owner-group", "-Zzstd", "-z12", "--build", str(tree), str(package))
    subprocess.run(pack, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return package


def lay(tree: Path, desk: Path, bill: Path) -> None:
    """Put every file where it is to be on the system; big ones as links to the same data."""
    shutil.copytree(
        desk / "dist" / NAME, tree / PLACE, symlinks=True, copy_function=os.link, dirs_exist_ok=True
    )
    _link(tree / "usr/bin" / NAME, Path("../lib") / NAME / NAME)
    share = tree / "usr/share"
    _copy(HERE / f"{NAME}.desktop", share / "applications" / f"{NAME}.desktop")
    _copy(HERE / f"{NAME}.xml", share / "mime/packages" / f"{NAME}.xml")
    icons = share / "icons/hicolor"
    for side in SIZES:
        place = icons / f"{side}x{side}/apps" / f"{NAME}.png"
        _copy(desk / "icons" / f"{side}.png", place)
    _copy(desk / "icons" / f"{NAME}.svg", icons / "scalable/apps" / f"{NAME}.svg")
    documents = share / "doc" / NAME
    _copy(HERE / "copyright", documents / "copyright")
    _copy(bill, documents / bill.name)
    # Without a time in it, so that the same build gives the same bytes.
    changes = gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0)
    (documents / "changelog.gz").write_bytes(changes)


def control(
    version: str, architecture: str, kilobytes: int, needs: Sequence[str], upkeep: str
) -> str:
    """What dpkg knows of the package."""
    return "\n".join(
        (
            f"Package: {NAME}",
            f"Version: {version}",
            f"Architecture: {architecture}",
            f"Maintainer: {upkeep}",
            f"Installed-Size: {kilobytes}",
            f"Depends: {', '.join(needs)}",
            "Section: graphics",
            "Priority: optional",
            "Description: labeled synthetic defects for industrial inspection",
            " Paint a mask on a picture of a good part, choose a class of defect and a style,",
            " see the defect blended in at once, make thousands of labeled samples like it,",
            " and train a segmenter on them.",
            " .",
            " Brings its own Python, Qt and PyTorch (the build without CUDA).",
            "",
        )
    )


def installed_size(tree: Path) -> int:
    """Kilobytes as Debian's policy counts them: every file rounded up, one for anything else."""
    return sum(
        -(-path.stat().st_size // 1024) if path.is_file() and not path.is_symlink() else 1
        for path in tree.rglob("*")
    )


def maintainer() -> str:
    """Whoever packs, by the variables of Debian's own tools."""
    name = os.environ.get("DEBFULLNAME", "DefectStudio contributors")
    return f"{name} <{os.environ.get('DEBEMAIL', 'defectstudio@localhost')}>"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o644)


def _link(place: Path, target: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
