"""Whatever goes wrong, what is painted is not lost, and a clear word is said."""

import os
import subprocess
import sys

import numpy as np
import pytest

from defectstudio.app import document as documents
from defectstudio.app.document import draft_file
from defectstudio.app.journal import StrokeJournal
from defectstudio.app.window_lock import WindowLock
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import JobState
from defectstudio.gui.dialogs.export import ExportChoice
from defectstudio.gui.dialogs.import_images import ImportChoice
from defectstudio.imaging.reading import read_label
from defectstudio.project.project import Project
from tests.gui.test_recovery import journals, open_and_wait

FULL = OSError(28, "No space left on device")


def test_every_edit_is_journaled_until_it_is_saved(opened, person, qtbot, project_root):
    session = opened.session
    person.paint((40, 30), (44, 60))
    qtbot.waitUntil(lambda: len(journals(project_root)) == 1)
    session.undo()
    session.redo()
    with qtbot.waitSignal(session.documents.saved):
        session.documents.save()
    assert journals(project_root) == []
    assert not session.studio.document.dirty


def test_a_full_disk_keeps_the_person_with_what_is_painted(
    opened, person, qtbot, monkeypatch, project_root
):
    session = opened.session
    record = session.studio.document.record

    def fail(path, array):
        raise FULL

    with monkeypatch.context() as patch:
        patch.setattr(documents, "write_png", fail)
        person.paint((40, 30), (44, 60))
        painted = session.studio.document.plane.labels.copy()
        opened.images.step(1)
        qtbot.waitUntil(opened.messages.isVisible)
        assert "No space left" in opened.messages.text.text()
        qtbot.waitUntil(lambda: opened.images.place[0] == 1)
        session.files.finish(lambda: None)
        qtbot.wait(1)
        assert session.studio.document.record.id == record.id, "it is not left unsaved"
        assert opened.status._saved.text() == "Not saved"
        opened.messages.hide()
        with qtbot.waitSignal(session.documents.saved):
            session.documents.save()
        assert not opened.messages.isVisible(), "the same trouble is told once"
    with qtbot.waitSignal(session.documents.saved) as said:
        session.documents.save()
    assert said.args[0].startswith("Saved")
    np.testing.assert_array_equal(read_label(draft_file(session.project, record)), painted)


def test_closing_with_a_full_disk_asks_and_keeps_the_journal(
    opened, person, qtbot, monkeypatch, project_root
):
    def fail(path, array):
        raise FULL

    asked = []
    monkeypatch.setattr(documents, "write_png", fail)
    monkeypatch.setattr(opened.commands, "may_lose", asked.append)
    person.paint((40, 30), (44, 60))
    assert not opened.close_project(), "a person who says no stays"
    assert opened.session is not None
    assert "cannot be saved" in str(asked[0])
    monkeypatch.setattr(opened.commands, "may_lose", lambda error: True)
    assert opened.close_project()
    assert len(journals(project_root)) == 1, "it is offered again next time"


def test_an_emptied_label_leaves_no_journal_behind(opened, qtbot, project_root):
    session = opened.session
    defect = next(image for image in session.project.images() if image.label_file)
    session.documents.open(defect.id)
    qtbot.waitUntil(lambda: session.studio.document.record.id == defect.id)
    session.studio.clear()
    qtbot.waitUntil(lambda: len(journals(project_root)) == 1)
    assert opened.close_project()
    assert journals(project_root) == []


def test_a_journal_that_cannot_be_written_is_told_once(opened, person, qtbot, monkeypatch):
    told = []
    opened.session.failed.connect(told.append)

    def fail(self, *_):
        raise ProjectError("strokes cannot be kept", remedy="Free some space.")

    monkeypatch.setattr(StrokeJournal, "append", fail)
    for row in (40, 50, 60):
        person.paint((row, 30), (row, 60))
    opened.session.files.finish(lambda: None)
    qtbot.waitUntil(lambda: len(told) == 1)
    assert opened.session.studio.document.plane.labels.any()


def test_a_second_window_is_refused_and_the_first_project_stays(opened, qtbot, tmp_path):
    root = tmp_path / "other"
    Project.create(root, "plate").close()
    lock = WindowLock(root)
    opened.commands.open_path(root)
    qtbot.waitUntil(opened.messages.isVisible)
    assert "open in another window" in opened.messages.text.text()
    assert opened.session is not None and opened.session.project.root != root
    lock.release()


def test_the_open_project_is_not_opened_twice(opened, qtbot, project_root):
    session = opened.session
    opened.commands.open_path(project_root)
    qtbot.waitUntil(opened.messages.isVisible)
    assert "open already" in opened.messages.text.text()
    assert opened.session is session


def test_a_closed_project_is_free_for_others(opened, project_root):
    with pytest.raises(ProjectError):
        WindowLock(project_root)
    opened.close_project()
    WindowLock(project_root).release()


@pytest.fixture
def read_only(project_root):
    """The project where nobody may write; root, who may write anywhere, needs a flag of ext4."""
    if os.geteuid():
        lock, free = ["chmod", "-R", "a-w"], ["chmod", "-R", "u+w"]
    else:
        lock, free = ["chattr", "-R", "+i"], ["chattr", "-R", "-i"]
    if subprocess.run([*lock, project_root], check=False, capture_output=True).returncode:
        pytest.skip("this file system cannot keep root from writing")
    yield project_root
    subprocess.run([*free, project_root], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_folder_that_cannot_be_written_is_refused(window, qtbot, read_only):
    before = sorted(path.name for path in read_only.rglob("*"))
    window.commands.open_path(read_only)
    qtbot.waitUntil(window.messages.isVisible)
    assert "you may read and write there" in window.messages.text.text()
    assert window.session is None and window.welcome.isVisible()
    assert sorted(path.name for path in read_only.rglob("*")) == before


def _spoil(session, number, data):
    record = session.project.images()[number]
    record.file.chmod(0o644)
    record.file.write_bytes(data(record.file.read_bytes()))
    return record


@pytest.mark.parametrize(
    "data, word",
    [
        (lambda old: old[: len(old) // 2], "changed after it was imported"),
        (lambda old: b"", "changed after it was imported"),
        (lambda old: old + b"more", "changed after it was imported"),
    ],
    ids=["torn", "empty", "grown"],
)
def test_a_file_changed_underneath_is_named_and_what_is_open_stays(
    opened, person, qtbot, data, word
):
    session = opened.session
    person.paint((40, 30), (44, 60))
    here = session.studio.document.record.id
    spoiled = _spoil(session, 1, data)
    opened.images.step(1)
    qtbot.waitUntil(opened.messages.isVisible)
    assert word in opened.messages.text.text()
    assert spoiled.file.name in opened.messages.details.toPlainText()
    assert session.studio.document.record.id == here
    person.paint((60, 30), (64, 60))
    assert session.studio.document.plane.labels[60, 30]


def test_an_image_that_is_gone_does_not_stop_the_list(opened, qtbot):
    session = opened.session
    session.project.images()[1].file.unlink()
    opened.images.step(1)
    qtbot.waitUntil(opened.messages.isVisible)
    assert "cannot be read" in opened.messages.text.text()
    opened.images.step(1)
    third = session.project.images()[2].id
    qtbot.waitUntil(lambda: session.studio.document.record.id == third)


def test_previews_that_fail_ten_times_lose_nothing(opened, person, qtbot):
    session, told = opened.session, []
    session.failed.connect(told.append)
    session.previews._source.broken = True
    person.paint((40, 30), (44, 60))
    for number in range(10):
        session.studio.choose_seed(number)
        qtbot.waitUntil(lambda count=number: len(told) > count, timeout=9000)
    session.previews._source.broken = False
    session.studio.choose_seed(77)
    person.shown()
    assert session.studio.document.plane.labels[40, 30]
    assert opened.close_project()


@pytest.mark.parametrize("work", ["preview", "accept", "export", "import"])
def test_closing_while_something_runs_ends_it_whole(
    opened, person, qtbot, tmp_path, project_root, work
):
    session = opened.session
    person.paint((40, 30), (44, 60))
    person.shown()
    if work in ("preview", "accept"):
        session.previews._source.hold.clear()
        session.studio.choose_seed(5)
        if work == "accept":
            session.previews.accept()
    elif work == "export":
        choice = ExportChoice(tmp_path / "out", "coco", None, True, True)
        opened.commands._export(session, choice)
    else:
        opened.commands._import(session, ImportChoice(tmp_path, "auto", "plate", None))
    assert opened.close_project()
    with Project.open(project_root) as project:
        assert not [job for job in project.jobs() if job.state in (JobState.RUNNING,)]
        drawn = read_label(draft_file(project, project.images()[0]))
    assert drawn[40, 30]
    if work == "export":
        assert list((tmp_path / "out").rglob("*.json")), "an export is whole or not there"


KILLED = """
import os, signal, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
sys.path.insert(0, sys.argv[2])
from conftest import FakePreviewer
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.theme import Theme

app = QApplication([])
window = MainWindow(Theme(app), make_previews=FakePreviewer)
window.open_path(Path(sys.argv[1]))
while window.session is None or window.session.studio.document is None:
    app.processEvents()
session = window.session
session.documents._timer.start = lambda *_: None
studio = session.studio
studio.start_stroke(40, 30, erase=False)
studio.extend_stroke(44, 60)
studio.end_stroke()
session.files.finish(lambda: None)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_window_frees_the_project_and_loses_no_stroke(window, qtbot, project_root):
    here = str(__file__.rpartition("/")[0])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(project_root), here], check=False, timeout=300
    )
    assert killed.returncode < 0
    session = open_and_wait(window, qtbot, project_root)
    qtbot.waitUntil(window.recovery.bar.isVisible)
    window.recovery.bar.recover.click()
    labels = session.studio.document.plane.labels
    assert labels[40, 30] and labels[44, 60]
