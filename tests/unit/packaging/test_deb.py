"""Debian's package: what dpkg is told, where files lie, and that dpkg-deb takes it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess

import pytest
from freezing import checksums, deb, icons, libraries


@pytest.fixture
def desk(tmp_path):
    """As the build leaves it, but for a program of three lines."""
    application = tmp_path / "desk/dist/defectstudio"
    (application / "_internal").mkdir(parents=True)
    (application / "defectstudio").write_text("#!/bin/sh\necho here\n")
    (application / "defectstudio").chmod(0o755)
    (application / "_internal/data").write_bytes(bytes(3000))
    pictures = tmp_path / "desk/icons"
    pictures.mkdir()
    for name in (*(f"{side}.png" for side in icons.SIZES), "defectstudio.svg"):
        (pictures / name).write_text(name)
    (tmp_path / "bill.cdx.json").write_text("{}")
    return tmp_path / "desk"


@pytest.fixture
def bill(desk):
    return desk.parent / "bill.cdx.json"


def test_control_says_what_is_needed(monkeypatch):
    monkeypatch.setenv("DEBFULLNAME", "A Person")
    monkeypatch.setenv("DEBEMAIL", "a@example.org")
    text = deb.control("1.2", "amd64", 900, ["libc6 (>= 2.36)", "libgl1"], deb.maintainer())
    fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" "))
    assert fields["Depends"] == "libc6 (>= 2.36), libgl1"
    assert (fields["Package"], fields["Version"]) == ("defectstudio", "1.2")
    assert (fields["Architecture"], fields["Installed-Size"]) == ("amd64", "900")
    assert fields["Maintainer"] == "A Person <a@example.org>"
    assert text.endswith("\n")


def test_everything_lies_where_desktops_look(desk, bill, tmp_path):
    tree = tmp_path / "tree"
    deb.lay(tree, desk, bill)
    files = {str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir()}
    share = "usr/share"
    assert files >= {
        *("usr/bin/defectstudio", "usr/lib/defectstudio/defectstudio"),
        f"{share}/applications/defectstudio.desktop",
        f"{share}/mime/packages/defectstudio.xml",
        f"{share}/icons/hicolor/48x48/apps/defectstudio.png",
        f"{share}/icons/hicolor/scalable/apps/defectstudio.svg",
        f"{share}/doc/defectstudio/copyright",
        f"{share}/doc/defectstudio/changelog.gz",
        f"{share}/doc/defectstudio/bill.cdx.json",
    }
    said = subprocess.run([tree / "usr/bin/defectstudio"], capture_output=True, check=True)
    assert said.stdout == b"here\n"


def test_sizes_are_counted_as_debian_counts_them(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a").write_bytes(bytes(1025))
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "link").symlink_to("folder/a")
    assert deb.installed_size(tmp_path) == 1 + 2 + 0 + 1


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")
def test_dpkg_reads_it(desk, bill, tmp_path, monkeypatch):
    monkeypatch.setattr(libraries, "depends", lambda folder: ["libc6 (>= 2.36)"])
    package = deb.build(desk, "1.2", tmp_path, bill)
    fields = ("Package", "Version", "Depends")
    said = subprocess.run(
        ["dpkg-deb", "--field", package, *fields], capture_output=True, text=True, check=True
    )
    assert said.stdout.split("\n")[:3] == [
        *("Package: defectstudio", "Version: 1.2", "Depends: libc6 (>= 2.36)"),
    ]
    listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True)
    owners = {line.split()[1] for line in listed.stdout.splitlines()}
    assert owners == {"root/root"}
    assert not (desk / "deb").exists()
    assert (desk / "dist/defectstudio/_internal/data").is_file()


def test_sums_are_those_of_sha256sum(tmp_path):
    (tmp_path / "a.deb").write_bytes(b"one")
    (tmp_path / "b.json").write_bytes(b"two")
    checksums.write(tmp_path)
    text = checksums.write(tmp_path).read_text(encoding="utf-8")
    lines = [f"{hashlib.sha256(what).hexdigest()}  {name}" for what, name in
             ((b"one", "a.deb"), (b"two", "b.json"))]  # fmt: skip
    assert text.splitlines() == lines
