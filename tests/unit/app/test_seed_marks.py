"""Favourites and bans: kept, changed, and never half written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.app.seed_marks import FILE, SeedMarks, mark_seed, read_marks
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.seed_marks import Mark, Marks

MARK = st.sampled_from([Mark.FAVOURITE, Mark.BANNED, None])


@given(st.lists(st.tuples(st.integers(0, 9), MARK)))
def test_a_seed_has_the_mark_it_got_last_and_is_in_one_list_only(steps):
    marks, last = Marks(), {}
    for seed, mark in steps:
        marks, last[seed] = marks.marked(seed, mark), mark
    assert {seed: marks.of(seed) for seed in last} == last
    listed = [*marks.favourites, *marks.banned]
    assert len(listed) == len(set(listed))


def test_marks_are_read_again_by_class_and_generator(tmp_path):
    assert read_marks(tmp_path) == SeedMarks()
    mark_seed(tmp_path, "g", 1, 5, Mark.FAVOURITE)
    mark_seed(tmp_path, "g", 2, 5, Mark.BANNED)
    made = mark_seed(tmp_path, "h", 1, 6, Mark.BANNED)
    assert read_marks(tmp_path) == made
    assert made.of("g", 1) == Marks((5,)) and made.of("g", 2) == Marks((), (5,))
    assert made.of("h", 1).of(6) is Mark.BANNED and made.of("h", 1).of(5) is None
    assert mark_seed(tmp_path, "g", 1, 5, None).of("g", 1) == Marks()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "{}}", '{"format": 2}', '{"marks": {"g": {"a": {}}}}'])
def test_a_damaged_file_is_named_and_left_alone(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    for call in (read_marks, lambda root: mark_seed(root, "g", 1, 5, Mark.BANNED)):
        with pytest.raises(ProjectError) as caught:
            call(tmp_path)
        assert caught.value.subject == str(tmp_path / FILE) and caught.value.remedy
    assert (tmp_path / FILE).read_text() == text


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def full(path, value):
        raise OSError(28, "no space")

    monkeypatch.setattr("defectstudio.app.seed_marks.write_json", full)
    with pytest.raises(ProjectError, match="cannot be written"):
        mark_seed(tmp_path, "g", 1, 5, Mark.BANNED)


def test_the_file_is_plain_json(tmp_path):
    mark_seed(tmp_path, "ab", 3, 12, Mark.FAVOURITE)
    stored = json.loads((tmp_path / FILE).read_text())
    assert stored["marks"] == {"ab": {"3": {"favourites": [12], "banned": []}}}
