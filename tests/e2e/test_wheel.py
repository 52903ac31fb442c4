"""The wheel carries everything the program needs and works outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOOK = """
import defectstudio
from defectstudio.domain.resources import resource
print(defectstudio.__file__)
print(resource())
"""


def _pip(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", out, ROOT)
    (built,) = out.glob("defectstudio-*.whl")
    return built


def _files_below(folder: Path) -> set[str]:
    """Files git would keep: no caches, nothing hidden."""
    found = (path.relative_to(ROOT) for path in folder.rglob("*") if path.is_file())
    return {
        path.as_posix()
        for path in found
        if "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def test_it_carries_the_package_the_resources_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert _files_below(ROOT / "defectstudio") - names == set()
    resources = {f"defectstudio/{name}" for name in _files_below(ROOT / "resources")}
    assert resources - names == set()
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_it_carries_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert tops == {"defectstudio", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}


def test_installed_it_finds_its_resources(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    _pip("install", "--no-deps", "--no-index", "--no-compile", "--target", site, wheel)
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    package, resources = map(Path, done.stdout.splitlines())
    assert package.is_relative_to(site)
    assert resources == site / "defectstudio" / "resources"


def test_installed_it_has_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "defectstudio = defectstudio.cli.main:run" in archive.read(entry).decode()
