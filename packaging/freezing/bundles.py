"""What a person downloads: the application packed as each system wants it."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

from freezing import deb

HERE = Path(__file__).resolve().parents[1]
_INNO = "Inno Setup 6/ISCC.exe"


def make(desk: Path, version: str, out: Path, bill: Path) -> list[Path]:
    """All that can be made here of desk/dist. Raises CalledProcessError when a tool fails."""
    shutil.copy(bill, desk / "dist" / "defectstudio" / bill.name)
    if sys.platform == "win32":
        return [_set_up_program(desk, version, out) or _archive(desk, version, out, "zip")]
    if sys.platform == "darwin":
        return [_disk_image(desk, version, out)]
    made = [_archive(desk, version, out, "gztar")]
    if shutil.which("dpkg-deb"):
        made.append(deb.build(desk, version, out, bill))
    return made


def size_of(folder: Path) -> int:
    """Bytes of the files below it."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _name(version: str) -> str:
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    return f"defectstudio-{version}-{system}-{platform.machine().lower()}"


def _archive(desk: Path, version: str, out: Path, kind: str) -> Path:
    whole = shutil.make_archive(
        str(out / _name(version)), kind, root_dir=desk / "dist", base_dir="defectstudio"
    )
    return Path(whole)


def _set_up_program(desk: Path, version: str, out: Path) -> Path | None:
    """By Inno Setup, None where that is not installed."""
    compiler = shutil.which("iscc") or _installed_inno()
    if compiler is None:
        return None
    name = _name(version)
    subprocess.run(
        [
            *(compiler, "/Q", f"/O{out}", f"/F{name}", f"/DVersion={version}"),
            *(f"/DDesk={desk}", str(HERE / "windows" / "defectstudio.iss")),
        ],
        check=True,
    )
    return out / f"{name}.exe"


def _installed_inno() -> str | None:
    for folder in (r"C:\Program Files (x86)", r"C:\Program Files"):
        compiler = Path(folder, _INNO)
        if compiler.is_file():
            return str(compiler)
    return None


def _disk_image(desk: Path, version: str, out: Path) -> Path:
    """With the application and a link to where it is dragged."""
    stage = desk / "image"
    shutil.copytree(desk / "dist" / "DefectStudio.app", stage / "DefectStudio.app", symlinks=True)
    (stage / "Applications").symlink_to("/Applications")
    image = out / f"{_name(version)}.dmg"
    subprocess.run(
        [
            *("hdiutil", "create", "-volname", "DefectStudio", "-srcfolder", str(stage)),
            *("-ov", "-format", "UDZO", str(image)),
        ],
        check=True,
    )
    return image
