"""The wheel carries everything the program needs and works outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import kernel_build
import pytest
import wheels

from defectstudio.imaging.kernel import loading
from tests.children import importing_from

ROOT = Path(__file__).parents[2]
KERNEL = "defectstudio/imaging/kernel"
LOOK = """
import defectstudio
from defectstudio.domain.resources import resource
from defectstudio.imaging.kernel import loading
print(defectstudio.__file__)
print(resource())
print(loading.status().found)
"""


def _pip(*arguments: str | Path, **variables: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, arguments)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As this machine builds it: with the compiled core of blending where there is a compiler."""
    return _wheel(tmp_path_factory.mktemp("wheel"), "on")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published source, unpacked where nothing else is."""
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(wheels.source(folder)) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture(scope="module")
def pure_wheel(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    return _wheel(tmp_path_factory.mktemp("pure"), "off", source)


def _wheel(out: Path, kernel: str, source: Path = ROOT) -> Path:
    options = ("--no-deps", "--no-build-isolation", "--no-index", "-w", out)
    _pip("wheel", *options, source, DEFECTSTUDIO_KERNEL=kernel)
    (built,) = out.glob("defectstudio-*.whl")
    return built


def _has_compiler() -> bool:
    try:
        kernel_build.find_compiler()
    except kernel_build.NotBuiltError:
        return False
    return True


def _files_below(folder: Path) -> set[str]:
    """Files git would keep: no caches, nothing hidden, nothing built."""
    found = (path.relative_to(ROOT) for path in folder.rglob("*") if path.is_file())
    return {
        path.as_posix()
        for path in found
        if "__pycache__" not in path.parts and not path.name.startswith((".", loading.LIBRARY))
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


def _kernel_and_metadata(wheel: Path) -> tuple[bool, str]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (about,) = (name for name in names if name.endswith(".dist-info/WHEEL"))
        return f"{KERNEL}/{loading.LIBRARY}" in names, archive.read(about).decode()


@pytest.mark.skipif(not _has_compiler(), reason="no C++ compiler")
def test_with_the_compiled_core_it_is_for_one_platform_and_every_python(wheel: Path) -> None:
    carried, about = _kernel_and_metadata(wheel)
    assert carried
    python, abi, platform = wheel.stem.split("-")[-3:]
    assert (python, abi) == ("py3", "none")
    assert platform != "any"
    assert f"Tag: py3-none-{platform}\n" in about
    assert "Root-Is-Purelib: false\n" in about


def test_without_it_it_is_for_every_platform(pure_wheel: Path) -> None:
    carried, about = _kernel_and_metadata(pure_wheel)
    assert not carried
    assert pure_wheel.name.endswith("-py3-none-any.whl")
    assert "Root-Is-Purelib: true\n" in about


def test_the_source_makes_the_same_wheel(wheel: Path, pure_wheel: Path, source: Path) -> None:
    ours, theirs = _sums(wheel), _sums(pure_wheel)
    ours.pop(f"{KERNEL}/{loading.LIBRARY}", None)
    assert ours == theirs
    assert (source / "packaging/kernel_build.py").is_file()
    assert (source / "tests/unit").is_dir()


def _sums(wheel: Path) -> dict[str, int]:
    """Of the files of the package; the metadata tell for which system it is."""
    with zipfile.ZipFile(wheel) as archive:
        return {one.filename: one.CRC for one in archive.infolist()
                if ".dist-info/" not in one.filename}  # fmt: skip


def test_installed_it_finds_its_resources_and_its_core(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    _pip("install", "--no-deps", "--no-index", "--no-compile", "--target", site, wheel)
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=tmp_path,
        env={**importing_from(site), "DEFECTSTUDIO_KERNEL": "on"},
        capture_output=True,
        text=True,
        check=True,
    )
    package, resources, kernel = done.stdout.splitlines()
    assert Path(package).is_relative_to(site)
    assert Path(resources) == site / "defectstudio" / "resources"
    assert kernel.startswith("compiled" if _has_compiler() else "not built")


def test_installed_it_has_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "defectstudio = defectstudio.cli.main:run" in archive.read(entry).decode()
