"""The library is used when it is whole, of this ABI and of this source; else the reason is told."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import kernel_build
import pytest

from defectstudio.imaging.kernel import loading

EXPORT = """
#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif
"""
ABI = f'#include "tiny.hpp"\nEXPORT unsigned ds_abi(void) {{ return {loading.ABI}; }}\n'
STAMP = (
    "EXPORT const char* ds_source(void) { return DS_SOURCE; }\n"
    'EXPORT const char* ds_compiler(void) { return "tiny"; }\n'
)


def build(folder: Path, source: str) -> Path:
    (folder / loading.SOURCE).write_text(source, encoding="utf-8")
    (folder / "tiny.hpp").write_text(EXPORT, encoding="utf-8")
    try:
        kernel_build.build(folder, folder)
    except kernel_build.NotBuiltError as problem:
        pytest.skip(str(problem))
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("kernel"), ABI + STAMP)


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of one's own: what is open must not be changed."""
    return Path(shutil.copytree(built, tmp_path / "kernel"))


def refused(folder: Path) -> str:
    kernel = loading.look(folder)
    assert kernel.library is None
    assert "kernel_build.py" in kernel.remedy
    return kernel.found


def test_a_good_one_is_opened(folder: Path) -> None:
    kernel = loading.look(folder)
    assert kernel.library is not None
    assert (kernel.found, kernel.remedy) == ("compiled by tiny", "")


def test_a_missing_one(folder: Path) -> None:
    (folder / loading.LIBRARY).unlink()
    assert refused(folder) == "not built"


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.005, 0.1, 0.5, 0.9, 0.9999])
def test_one_that_was_cut_off(folder: Path, kept: float) -> None:
    library = folder / loading.LIBRARY
    whole = library.read_bytes()
    library.write_bytes(whole[: int(kept * len(whole))])
    assert loading.LIBRARY in refused(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="makes an ELF file of another processor")
def test_one_of_another_processor(folder: Path) -> None:
    library = folder / loading.LIBRARY
    content = bytearray(library.read_bytes())
    content[18:20] = b"\x02\x00"
    library.write_bytes(content)
    assert refused(folder)


def test_something_else_of_its_name(folder: Path) -> None:
    (folder / loading.LIBRARY).write_text("no library\n")
    assert refused(folder)


def test_another_abi(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ABI", loading.ABI + 1)
    assert "another version" in refused(folder)


def test_a_foreign_library(tmp_path: Path) -> None:
    assert "another version" in refused(build(tmp_path, "int x;\n"))


def test_one_that_does_not_name_its_source(tmp_path: Path) -> None:
    assert "another blend.cpp" in refused(build(tmp_path, ABI))


@pytest.mark.parametrize("name", [loading.SOURCE, "tiny.hpp", "new.hpp"])
def test_another_source(folder: Path, name: str) -> None:
    with (folder / name).open("a") as stream:
        stream.write("// changed\n")
    assert "another blend.cpp" in refused(folder)


def test_other_line_ends_are_the_same_source(folder: Path) -> None:
    source = folder / loading.SOURCE
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    assert loading.look(folder).library is not None


def test_without_source_the_abi_decides(folder: Path) -> None:
    for source in loading.sources(folder):
        source.unlink()
    assert loading.look(folder).library is not None


def test_a_folder_in_its_place(folder: Path) -> None:
    (folder / loading.LIBRARY).unlink()
    (folder / loading.LIBRARY).mkdir()
    assert refused(folder) == "not built"


def test_the_environment_switches_it_off_and_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_own", lambda: loading.look(folder))
    monkeypatch.setenv(loading.VARIABLE, "off")
    assert loading.library() is None
    assert loading.status().found == "switched off by DEFECTSTUDIO_KERNEL=off"
    assert loading.status().remedy
    monkeypatch.delenv(loading.VARIABLE)
    assert loading.library() is not None


def test_outside_a_checkout_the_wheel_is_advised(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / loading.LIBRARY).unlink()
    monkeypatch.setattr(loading, "FOLDER", folder)
    assert "wheel for this system" in loading.look(folder).remedy


def test_the_own_library_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(loading.VARIABLE, raising=False)
    assert loading.status() is loading.status()
