"""A folder that appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from defectstudio.domain.errors import ExportError
from defectstudio.exchange.staging import staged


def test_the_folder_appears_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with staged(out, "key") as (folder, _):
        (folder / "a").write_text("x")
        assert not out.exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "out", "a"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with staged(out, "key") as (folder, _):
        (folder / "a").write_text("x")
    assert (out / "a").read_text() == "x"


def test_what_exists_is_not_overwritten(tmp_path: Path) -> None:
    folder, file, link = tmp_path / "folder", tmp_path / "file", tmp_path / "link"
    folder.mkdir()
    (folder / "mine").write_text("x")
    file.write_text("x")
    link.symlink_to(tmp_path / "nowhere")
    for out in (folder, file, link):
        with pytest.raises(ExportError, match="exists already") as caught, staged(out, "key"):
            raise AssertionError
        assert caught.value.subject == str(out)
        assert "new folder" in caught.value.remedy
    assert (folder / "mine").read_text() == "x"


def test_what_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ExportError, match="exists already"), staged(out, "key"):
        out.write_text("mine")
    assert out.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [out]


def test_two_exports_to_one_place(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged(out, "key"):
        with pytest.raises(ExportError, match="another export"), staged(out, "key"):
            raise AssertionError
        assert (tmp_path / ".out.part").is_dir()
    assert out.is_dir()


def test_a_disk_that_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="disk refused"), staged(tmp_path / "file" / "out", "key"):
        raise AssertionError
