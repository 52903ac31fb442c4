from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.errors import InternalError, ProjectError, UserError
from defectstudio.imaging.reading import read_label
from defectstudio.project.files import FileStore


def test_a_file_lies_under_its_hash(tmp_path: Path) -> None:
    stored = FileStore(tmp_path).add_bytes(b"content", ".TIF")
    digest = hashlib.sha256(b"content").hexdigest()
    assert stored.sha256 == digest
    assert stored.path == f"files/{digest[:2]}/{digest}.tif"
    assert (tmp_path / stored.path).read_bytes() == b"content"


def test_a_file_is_written_once(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    path = store.path(store.add_bytes(b"content", ".png").path)
    before = path.stat()
    store.add_bytes(b"content", ".png")
    after = path.stat()
    assert after.st_ino == before.st_ino  # the same file, whose time says that it is wanted again
    assert after.st_mtime_ns > before.st_mtime_ns
    assert len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("suffix", ["", ".a b", ".toolongasuffix", "./x"])
def test_a_strange_suffix_is_left_out(tmp_path: Path, suffix: str) -> None:
    stored = FileStore(tmp_path).add_bytes(b"x", suffix)
    assert stored.path.endswith(stored.sha256)


def test_the_source_is_only_read(tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    source.write_bytes(b"bytes")
    stored = FileStore(tmp_path / "project").add_file(source)
    assert source.read_bytes() == b"bytes"
    assert (tmp_path / "project" / stored.path).read_bytes() == b"bytes"


def test_a_missing_source(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"gone\.png: the file cannot be read"):
        FileStore(tmp_path).add_file(tmp_path / "gone.png")


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "files").write_bytes(b"a file is in the way")
    with pytest.raises(ProjectError, match="cannot be stored") as caught:
        FileStore(tmp_path).add_bytes(b"x", ".png")
    assert caught.value.remedy


def test_labels_come_back(tmp_path: Path) -> None:
    label = np.arange(254, dtype=np.uint8).reshape(2, 127)
    store = FileStore(tmp_path)
    assert np.array_equal(read_label(store.path(store.add_label(label).path)), label)


@pytest.mark.parametrize("label", [np.zeros((2, 2), np.uint16), np.zeros((2, 2, 3), np.uint8)])
def test_only_label_planes_are_labels(tmp_path: Path, label: np.ndarray) -> None:
    with pytest.raises(InternalError, match="uint8"):
        FileStore(tmp_path).add_label(label)


def test_no_path_leads_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="leaves its folder"):
        FileStore(tmp_path).path("../elsewhere")
