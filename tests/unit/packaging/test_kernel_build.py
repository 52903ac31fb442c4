"""The compiled core of blending: built where that can be, told where not, the same every time."""

from __future__ import annotations

import ctypes
import sys
import tempfile
from pathlib import Path

import build_hook
import kernel_build
import kernel_msvc
import pytest
import wheel_tag
import wheels
from kernel_build import Compiler, NotBuiltError

from defectstudio.imaging.kernel import loading

SOURCE = """
#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif
EXPORT const char* said(void) { return DS_SOURCE " " __FILE__; }
"""
GXX = Compiler(("g++",), {})
CL = Compiler((r"C:\VC\cl.exe" if sys.platform == "win32" else "/VC/cl.exe",), {})
UNSAFE = ("fast", "march", "mcpu", "mtune", "native", "associative", "reciprocal", "unsafe")


@pytest.fixture(autouse=True)
def switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(loading.VARIABLE, raising=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / loading.SOURCE).write_text(SOURCE, encoding="utf-8")
    return folder


@pytest.fixture
def compiler() -> None:
    try:
        kernel_build.find_compiler()
    except NotBuiltError as problem:
        pytest.skip(str(problem))


@pytest.mark.usefixtures("compiler")
def test_two_builds_are_the_same_bytes_and_name_no_place(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = []
    for name in ("one", "another folder"):
        desk = tmp_path / name
        desk.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(desk))
        contents.append(kernel_build.build(desk, source).read_bytes())
        assert [path.name for path in desk.iterdir()] == [loading.LIBRARY]
    assert contents[0] == contents[1]
    assert str(tmp_path).encode() not in contents[0]
    assert loading.stamp(source).encode() in contents[0]


@pytest.mark.usefixtures("compiler")
def test_who_has_the_old_library_open_keeps_it(source: Path) -> None:
    built = kernel_build.build(source, source)
    content = built.read_bytes()
    old = ctypes.CDLL(str(built))
    (source / loading.SOURCE).write_text(SOURCE.replace("said", "told"), encoding="utf-8")
    assert kernel_build.build(source, source).read_bytes() != content
    old.said.restype = ctypes.c_char_p
    assert old.said().endswith(loading.SOURCE.encode())


def left_out(capsys: pytest.CaptureFixture[str], folder: Path) -> str:
    """What is told when nothing could be built."""
    capsys.readouterr()
    assert kernel_build.build_or_tell(folder, folder) is None
    assert list(folder.glob(f"{loading.LIBRARY}*")) == []
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.parametrize("named", ["false", "/no/such/compiler", "'"])
def test_a_compiler_that_does_not_serve(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    named: str,
) -> None:
    monkeypatch.setenv("CXX", named)
    said = left_out(capsys, tmp_path)
    assert f"left out: {named} " in said
    assert "four to sixty times slower" in said
    assert loading.BUILD_COMMAND in said


@pytest.mark.skipif(sys.platform == "win32", reason="finds its compiler without PATH")
def test_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no C++ compiler was found" in left_out(capsys, tmp_path)


@pytest.mark.usefixtures("compiler")
def test_the_words_of_the_compiler_are_shown(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / loading.SOURCE).write_text("nonsense;\n", encoding="utf-8")
    assert "nonsense" in left_out(capsys, source)


def test_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(loading.VARIABLE, "off")
    said = left_out(capsys, tmp_path)
    assert "DEFECTSTUDIO_KERNEL=off" in said
    assert "To get it" not in said


def test_a_folder_that_is_not_there_is_no_failure(source: Path, tmp_path: Path) -> None:
    assert kernel_build.build_or_tell(tmp_path / "no" / "such", source) is None


@pytest.mark.usefixtures("compiler")
@pytest.mark.skipif(sys.platform != "linux", reason="only there are two ways")
def test_without_the_static_library_the_shared_one_serves(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = kernel_build.find_compiler().call[0]
    picky = tmp_path / "picky"
    picky.write_text(
        "import subprocess, sys\n"
        "words = sys.argv[1:]\n"
        f"sys.exit('-static-libgcc' in words or subprocess.call([{real!r}, *words]))\n"
    )
    monkeypatch.setenv("CXX", f"{sys.executable} {picky}")
    assert kernel_build.build(tmp_path, source).is_file()


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("compiler", [GXX, CL])
def test_bits_never_depend_on_the_machine(
    monkeypatch: pytest.MonkeyPatch, system: str, compiler: Compiler
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    for command in kernel_build.command_lines(compiler, "0"):
        assert [word for word in command if any(part in word for part in UNSAFE)] == []
        assert "-ffp-contract=off" in command or "/fp:precise" in command
        assert "-O3" in command or "/O2" in command


def test_the_command_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    first, second = kernel_build.command_lines(GXX, "12ab")
    assert first[: len(second)] == second
    assert {"-std=c++17", "-shared", "-fPIC", "-pthread", '-DDS_SOURCE="12ab"'} <= set(second)
    assert {"-static-libstdc++", "-static-libgcc"} <= set(first) - set(second)


def test_the_command_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    (command,) = kernel_build.command_lines(GXX, "12ab")
    assert {"-dynamiclib", "-mmacosx-version-min=11.0"} <= set(command)
    assert not [word for word in command if "static" in word]


def test_the_command_of_microsofts_compiler() -> None:
    assert kernel_build.command_lines(CL, "12ab") == [
        [
            *(CL.call[0], "/nologo", "/w", "/O2", "/std:c++17", "/LD", "/EHsc", "/fp:precise"),
            *('/DDS_SOURCE="12ab"', "blend.cpp", f"/Fe:{loading.LIBRARY}", "/link", "/Brepro"),
        ]
    ]


def test_microsofts_compiler_is_found_and_called_in_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    around = {"PATH": "tools", "INCLUDE": "x"}
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(kernel_msvc, "environment", lambda: around)
    monkeypatch.setattr(kernel_build.shutil, "which", lambda name, path: f"{path}/{name}.exe")
    assert kernel_build.find_compiler() == Compiler(("tools/cl.exe",), around)
    monkeypatch.setattr(kernel_msvc, "environment", lambda: None)
    with pytest.raises(NotBuiltError, match="no C"):
        kernel_build.find_compiler()


def test_visual_studio_is_asked_for_its_newest_with_c() -> None:
    finder, *words = kernel_msvc.vswhere("Programs", "VC.Tools")
    assert finder.endswith("vswhere.exe")
    assert words[:5] == ["-latest", "-products", "*", "-requires", "VC.Tools"]


def test_variables_of_a_batch_file() -> None:
    assert kernel_msvc.variables("Path=C:\\a;b\r\nX==1\r\n\r\nnoise\r\n=C:=C:\\") == {
        "PATH": "C:\\a;b",
        "X": "=1",
    }


def test_a_library_in_use_is_moved_away_and_deleted_later(tmp_path: Path) -> None:
    library = tmp_path / "_blend.dll"
    library.write_text("old")
    kernel_msvc.move_away(library)
    (moved,) = tmp_path.iterdir()
    assert moved.name.startswith("_blend.dll.part-old")
    kernel_msvc.move_away(library)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "tag"),
    [
        (b"\0GLIBC_2.2.5\0GLIBC_2.9\0", "manylinux_2_17_"),
        (b"\0GLIBC_2.2.5\0GLIBC_2.35\0GLIBC_2.4\0", "manylinux_2_35_"),
        (b"\0GLIBC_2.35\0libstdc++.so.6\0", "linux_"),
        (b"\0libc.musl-x86_64.so.1\0", "linux_"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="about Linux")
def test_a_linux_wheel_says_which_glibc_it_needs(tmp_path: Path, content: bytes, tag: str) -> None:
    library = tmp_path / loading.LIBRARY
    library.write_bytes(content)
    assert wheel_tag.platform_of(library).startswith(tag)


@pytest.mark.parametrize(
    ("system", "platform", "machine", "tag"),
    [
        ("darwin", "macosx-10.13-universal2", "arm64", "macosx_11_0_arm64"),
        ("win32", "win-amd64", "AMD64", "win_amd64"),
    ],
)
def test_tags_of_other_systems(
    monkeypatch: pytest.MonkeyPatch, system: str, platform: str, machine: str, tag: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(wheel_tag.platform, "machine", lambda: machine)
    monkeypatch.setattr(wheel_tag.sysconfig, "get_platform", lambda: platform)
    assert wheel_tag.platform_of(Path("unread")) == tag


def test_an_editable_install_gets_the_library_beside_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []
    monkeypatch.setattr(kernel_build, "build_or_tell", folders.append)
    hook = build_hook.BuildHook(str(tmp_path), {}, None, None, str(tmp_path), "wheel")
    data: dict[str, object] = {"force_include": {}}
    hook.initialize("editable", data)
    assert folders == [tmp_path / "defectstudio" / "imaging" / "kernel"]
    assert data == {"force_include": {}}


@pytest.mark.parametrize(("core", "status"), [("linux", 0), ("any", 1)])
def test_what_is_published_must_have_the_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, core: str, status: int
) -> None:
    names = {"on": core, "off": "any"}
    monkeypatch.setattr(wheels, "build", lambda out, kernel: out / f"{names[kernel]}.whl")
    monkeypatch.setattr(sys, "argv", ["wheels.py", "--out", str(tmp_path)])
    assert wheels.main() == status
