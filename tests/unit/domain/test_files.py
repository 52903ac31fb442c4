"""Files appear whole or not at all, and paths stay inside."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.domain.errors import UserError
from defectstudio.domain.files import (
    inside,
    sha256_bytes,
    sha256_file,
    to_json,
    write_beside,
    write_bytes,
    write_json,
)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "a" / "x.bin"
    write_bytes(target, b"old")

    def fail(path):
        path.write_bytes(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_beside(target, fail)
    assert target.read_bytes() == b"old"
    assert [p.name for p in target.parent.iterdir()] == ["x.bin"]


def test_hashes(tmp_path):
    write_bytes(tmp_path / "x", b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_file(tmp_path / "x") == sha256_bytes(b"abc") == known


@dataclass(frozen=True)
class Thing:
    path: Path
    numbers: tuple[int, ...]


def test_json_is_canonical(tmp_path):
    write_json(tmp_path / "t.json", Thing(Path("a") / "b", (2, 1)))
    assert json.loads((tmp_path / "t.json").read_text()) == {"path": "a/b", "numbers": [2, 1]}
    assert to_json({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises((ValueError, TypeError)):
        to_json({"x": value})


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "C:\\x", "C:x", "\\\\host\\x", "a\0b"]
)
def test_paths_that_leave_are_refused(tmp_path, path):
    with pytest.raises(UserError, match="leaves its folder"):
        inside(tmp_path, path)


def test_a_link_out_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path)
    with pytest.raises(UserError, match="through a link"):
        inside(tmp_path / "in", "link/x")


@given(st.text(min_size=1))
def test_whatever_is_let_in_is_inside(text):
    folder = Path("/nowhere/folder")
    try:
        path = inside(folder, text)
    except (UserError, OSError):
        return
    assert path.resolve().is_relative_to(folder)
