"""Locked classes are kept by item."""

import pytest

from defectstudio.app.class_locks import FILE, keep_locks, read_locks
from defectstudio.domain.errors import ProjectError


def test_each_item_keeps_its_own(tmp_path):
    assert read_locks(tmp_path).of(1) == frozenset()
    keep_locks(tmp_path, 1, frozenset({5, 2}))
    keep_locks(tmp_path, 2, frozenset({1}))
    assert read_locks(tmp_path).of(1) == {2, 5}
    keep_locks(tmp_path, 1, frozenset())
    assert read_locks(tmp_path).of(1) == frozenset() and read_locks(tmp_path).of(2) == {1}


def test_what_is_damaged_is_forgotten_and_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / FILE).write_text("{")
    assert read_locks(tmp_path).of(1) == frozenset()
    keep_locks(tmp_path, 1, frozenset({3}))
    assert read_locks(tmp_path).of(1) == {3}
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    with pytest.raises(ProjectError, match="cannot be kept"):
        keep_locks(tmp_path, 1, frozenset())
