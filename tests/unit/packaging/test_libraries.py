"""What the application wants of a Linux system, read from the files themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from freezing import libraries

needs_tools = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc") or not shutil.which("readelf"),
    reason="needs a compiler and binutils",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A library of ours, and one that needs it, the C library's mathematics and OpenGL."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "a.c").write_text("double a(double x) { return x; }")
    (folder / "b.c").write_text(
        "#include <math.h>\ndouble a(double);\ndouble b(double x) { return a(exp(x)); }"
    )
    (folder / "g.c").write_text("int g(void) { return 1; }")
    for name, more in (("GL", ("-Wl,-soname,libGL.so.1",)), ("a", ()), ("b", ("-la", "-lGL"))):
        source = {"GL": "g"}.get(name, name)
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-Wl,--no-as-needed", f"{source}.c", "-o",
             f"lib{name}.so", "-L.", *more, *(("-lm",) if name == "b" else ())],
            cwd=folder, check=True,
        )  # fmt: skip
    (folder / "libGL.so").unlink()
    (folder / "link.so").symlink_to("libb.so")
    (folder / "notes.txt").write_text("no library")
    return folder


@needs_tools
def test_packages_are_named_for_what_is_not_brought_along(built):
    glibc, *packages = libraries.depends(built)
    assert packages == ["libgl1"]
    assert glibc.startswith("libc6 (>= 2.")


@needs_tools
def test_the_newest_symbol_of_the_c_library_counts(built):
    # exp has had a new version since 2.29.
    minor = libraries.newest_glibc(built / "libb.so")
    assert minor == max(minor, libraries.newest_glibc(built / "liba.so"))
    assert libraries.depends(built)[0] == f"libc6 (>= 2.{minor})"


@needs_tools
def test_files_are_looked_at_once_and_others_not_at_all(built):
    assert [path.name for path in libraries.elf_files(built)] == ["liba.so", "libb.so"]


@needs_tools
def test_a_library_nobody_knows_stops_the_build(built, monkeypatch):
    monkeypatch.setattr(libraries, "PACKAGES", {})
    with pytest.raises(libraries.UnknownLibraryError, match=r"libGL\.so\.1 \(for libb\.so\)"):
        libraries.depends(built)


def test_nothing_needs_nothing(tmp_path):
    assert libraries.needed([]) == {}
    assert libraries.depends(tmp_path) == ["libc6 (>= 2.0)"]
