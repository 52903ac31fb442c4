"""The stroke journal: whatever is torn, a prefix of the edits comes back, and nothing crashes."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.app import journal
from defectstudio.app.brush import Brush
from defectstudio.app.classes import merge_classes
from defectstudio.app.document import DRAFTS, open_document, save_labels
from defectstudio.app.journal import StrokeJournal, find_lost, recover, replay
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.strokes import Stroke, replace_labels
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import Role
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

SHAPE = (70, 90)


def _make(root):
    project = Project.create(root, "plate")
    item = project.items()[0].id
    for name in ("scratch", "hole"):
        project.add_class(item, name)
    picture = root / "picture.png"
    write_png(picture, np.full((*SHAPE, 3), 90, np.uint8))
    label = np.zeros(SHAPE, np.uint8)
    label[3:6, 3:9] = 1
    normal = NewImage("normal", Role.NORMAL, picture)
    other = root / "other.png"
    write_png(other, np.full((*SHAPE, 3), 91, np.uint8))
    project.add_images(item, [normal, NewImage("defect", Role.DEFECT, other, label=label)])
    return project


@pytest.fixture
def project(tmp_path):
    with _make(tmp_path / "plates") as made:
        yield made


def _stroke(plane, start, end, value=1):
    stroke = Stroke(plane, value)
    stroke.line(start, end, Brush(5))
    return stroke.finish()


def _painted(project, image_id, count=4):
    """Strokes on an image, journaled; the states of the plane after each, the first before."""
    plane = open_document(project, project.image(image_id)).plane
    states, kept = [plane.labels.copy()], StrokeJournal(project)
    for number in range(count):
        change = _stroke(plane, (10 + 9 * number, 12), (14 + 9 * number, 70), (number + 1) % 3)
        if change is not None:
            kept.append(image_id, SHAPE, change)
            states.append(plane.labels.copy())
    return kept, states


def _journals(project):
    return list((project.root / DRAFTS).glob("*.journal"))


@pytest.mark.parametrize("number", [0, 1])
def test_what_was_painted_comes_back(project, number):
    image = project.images()[number]
    _, states = _painted(project, image.id)
    [lost] = find_lost(project)
    np.testing.assert_array_equal(lost.labels, states[-1])
    assert lost.image_id == image.id and lost.edits == len(states) - 1
    recover(project, lost)
    again = open_document(project, project.image(image.id))
    np.testing.assert_array_equal(again.plane.labels, states[-1])
    assert find_lost(project) == [] and _journals(project) == []


def test_it_builds_on_what_was_saved_last(project):
    image = project.images()[0]
    kept, states = _painted(project, image.id)
    save_labels(project, image, states[-1])
    kept.drop(image.id)
    assert _journals(project) == []
    plane = LabelPlane(states[-1])
    kept.append(image.id, SHAPE, _stroke(plane, (60, 5), (60, 80)))
    [lost] = find_lost(project)
    np.testing.assert_array_equal(lost.labels, plane.labels)


def test_an_edit_undone_is_journaled_like_any_other(project):
    image = project.images()[0]
    kept, states = _painted(project, image.id, 1)
    plane = LabelPlane(states[0])
    change = replace_labels(plane, states[1])
    kept.append(image.id, SHAPE, change)
    assert find_lost(project) == [], "all undone: nothing new to recover"
    assert _journals(project) == []


def test_a_draft_of_classes_that_were_merged_comes_back_as_it_was_shown(project):
    image, item = project.images()[0], project.items()[0]
    kept, states = _painted(project, image.id)
    save_labels(project, image, states[-1])
    kept.drop(image.id)
    merge_classes(project, item.id, 2, 1)
    plane = open_document(project, image).plane
    assert plane.labels.any() and not (plane.labels == 2).any()
    StrokeJournal(project).append(image.id, SHAPE, _stroke(plane, (60, 5), (60, 80)))
    [lost] = find_lost(project)
    np.testing.assert_array_equal(lost.labels, plane.labels)


@pytest.mark.parametrize("number", [0, 1])
def test_strokes_of_a_class_that_was_merged_meanwhile_come_back_as_the_other(project, number):
    image = project.images()[number]
    _, states = _painted(project, image.id)
    [lost] = find_lost(project)
    merge_classes(project, project.items()[0].id, 2, 1)
    recover(project, lost)
    again = open_document(project, project.image(image.id))
    np.testing.assert_array_equal(again.plane.labels, states[-1] > 0)


def test_a_crash_between_saving_and_dropping_asks_nothing(project):
    image = project.images()[0]
    _, states = _painted(project, image.id)
    save_labels(project, image, states[-1])
    assert find_lost(project) == [] and _journals(project) == []


def test_an_emptied_real_label_is_not_offered(project):
    image = project.images()[1]
    plane = open_document(project, image).plane
    StrokeJournal(project).append(image.id, SHAPE, replace_labels(plane, np.zeros(SHAPE, np.uint8)))
    assert find_lost(project) == [] and _journals(project) == []


def test_journals_of_images_that_are_gone_are_removed(project, monkeypatch):
    _painted(project, project.images()[0].id)
    monkeypatch.setattr(project, "images", list)
    assert find_lost(project) == [] and _journals(project) == []


def test_a_full_disk_is_said_and_what_was_kept_before_is_whole(project, monkeypatch):
    image = project.images()[0]
    kept, states = _painted(project, image.id, 3)
    plane = LabelPlane(states[-1])
    change = _stroke(plane, (66, 5), (66, 80))

    def fail(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "fsync", fail)
        with pytest.raises(ProjectError, match="No space left") as caught:
            kept.append(image.id, SHAPE, change)
    assert caught.value.remedy
    kept.append(image.id, SHAPE, change)
    [lost] = find_lost(project)
    np.testing.assert_array_equal(lost.labels, plane.labels)
    assert lost.edits == len(states)


def test_an_unreadable_journal_is_said(project, monkeypatch):
    _painted(project, project.images()[0].id)

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ProjectError, match="cannot be read"):
        find_lost(project)


@pytest.fixture(scope="module")
def whole():
    """A journal's bytes, where its edits end, and the states of the plane."""
    with tempfile.TemporaryDirectory() as folder, _make(Path(folder) / "plates") as project:
        image = project.images()[1]
        _, states = _painted(project, image.id, 6)
        data = _journals(project)[0].read_bytes()
        yield data, states


@settings(max_examples=150, deadline=None)
@given(cut=st.integers(0, 4000), junk=st.binary(max_size=40))
def test_any_torn_tail_gives_a_prefix(whole, cut, junk):
    data, states = whole
    _check_prefix(data[:cut] + junk, states)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 4000), flip=st.integers(1, 255))
def test_any_damaged_byte_gives_a_prefix(whole, place, flip):
    data, states = whole
    broken = bytearray(data)
    broken[place % len(data)] ^= flip
    _check_prefix(bytes(broken), states)


def _check_prefix(data, states):
    with tempfile.NamedTemporaryFile(suffix=".journal", delete=False) as stream:
        stream.write(data)
    path = Path(stream.name)
    try:
        lost = replay(path)
    finally:
        path.unlink()
    if lost is not None:
        np.testing.assert_array_equal(lost.labels, states[lost.edits])


CHILD = """
import sys
from pathlib import Path
import numpy as np
from defectstudio.app.document import open_document
from defectstudio.app.journal import StrokeJournal
from defectstudio.app.studio import Studio
from defectstudio.project.project import Project

project = Project.open(Path(sys.argv[1]))
studio = Studio(np.random.default_rng(0))
studio.show_classes(tuple(project.classes(project.items()[0].id)))
studio.show(open_document(project, project.images()[0]))
kept = StrokeJournal(project)
shape = studio.document.plane.shape
studio.changed.connect(lambda change: kept.append(studio.document.record.id, shape, change))
for number in range(100000):
    studio.tools.resize(1)
    studio.start_stroke(number // 90 + 0.5, number % 90 + 0.5, erase=False)
    studio.end_stroke()
    print(number + 1, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_kill_9_loses_no_stroke_that_was_finished(project):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(project.root)], stdout=subprocess.PIPE, text=True
    )
    with child.stdout:
        for _ in range(25):
            done = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        child.wait()
        said = [int(line) for line in child.stdout.read().split()]
    done = max([done, *said])
    [lost] = find_lost(project)
    count = int(np.count_nonzero(lost.labels))
    assert done <= count <= done + 1
    assert np.flatnonzero(lost.labels).tolist() == list(range(count)), "the first strokes, in order"
