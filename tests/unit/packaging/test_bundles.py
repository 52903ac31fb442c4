"""What is made of the folder on each system; its tools are only called, not there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
from freezing import bundles, deb


@pytest.fixture
def desk(tmp_path):
    for folder in ("defectstudio/_internal", "DefectStudio.app/Contents"):
        (tmp_path / "desk/dist" / folder).mkdir(parents=True)
    (tmp_path / "desk/dist/defectstudio/defectstudio").write_text("program")
    (tmp_path / "bill.json").write_text("{}")
    (tmp_path / "out").mkdir()
    return tmp_path / "desk"


@pytest.fixture
def made(desk, monkeypatch):
    """Makes them as on a system where `tools` are installed; what was called."""
    called = []

    def make(system: str, *tools: str):
        monkeypatch.setattr(sys, "platform", system)
        monkeypatch.setattr(shutil, "which", lambda name: name if name in tools else None)
        monkeypatch.setattr(subprocess, "run", lambda words, **how: called.append(words))
        monkeypatch.setattr(deb, "build", lambda desk, version, out, bill: out / "one.deb")
        return bundles.make(desk, "1.2", desk.parent / "out", desk.parent / "bill.json"), called

    return make


def test_linux_gets_an_archive_and_a_package(made):
    (archive, package), _ = made("linux", "dpkg-deb")
    assert archive.name.startswith("defectstudio-1.2-linux-")
    assert package.name == "one.deb"
    with tarfile.open(archive) as opened:
        names = set(opened.getnames())
    assert {"defectstudio/defectstudio", "defectstudio/bill.json"} <= names


def test_without_debians_tool_there_is_the_archive_alone(made):
    (archive,), _ = made("linux")
    assert archive.name.endswith(".tar.gz")


def test_windows_gets_a_set_up_program_by_inno(made, desk):
    (program,), (words,) = made("win32", "iscc")
    assert program.name.startswith("defectstudio-1.2-windows-")
    assert words[0] == "iscc"
    assert {"/DVersion=1.2", f"/DDesk={desk}", f"/F{program.stem}"} <= set(words)
    assert words[-1].endswith("defectstudio.iss")


def test_without_inno_windows_gets_an_archive(made):
    (archive,), called = made("win32")
    assert called == []
    with zipfile.ZipFile(archive) as opened:
        assert "defectstudio/defectstudio" in opened.namelist()


def test_macos_gets_an_image_to_drag_from(made, desk):
    (image,), (words,) = made("darwin")
    assert words[0] == "hdiutil"
    assert words[-1] == str(image)
    assert image.name.startswith("defectstudio-1.2-macos-")
    assert (desk / "image/DefectStudio.app/Contents").is_dir()
    assert (desk / "image/Applications").is_symlink()


def test_sizes_count_files_only(tmp_path):
    (tmp_path / "a").write_bytes(bytes(10))
    (tmp_path / "b").mkdir()
    assert bundles.size_of(tmp_path) == 10
