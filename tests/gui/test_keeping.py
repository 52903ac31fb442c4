"""A project tidied, packed and unpacked in the window."""

import os
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QProgressDialog, QPushButton

from defectstudio.domain.errors import ProjectError
from defectstudio.gui import keeping
from defectstudio.gui.dialogs import tidy
from defectstudio.gui.dialogs.tidy import TidyDialog
from defectstudio.project.archive import Packed
from defectstudio.project.project import Project
from defectstudio.project.unused import Unused


@pytest.fixture
def unused(opened, qtbot):
    """The dialog of a project with an old file that nobody speaks of."""
    path = opened.session.project.root / opened.session.project.files.add_bytes(b"1", ".x").path
    os.utime(path, (1, 1))
    opened.actions_["project.tidy"].trigger()
    [dialog] = opened.findChildren(TidyDialog)
    qtbot.waitUntil(dialog.delete_.isEnabled)
    yield dialog, path
    opened.keeping._tidy and dialog.close()


def test_unused_files_are_listed_and_deleted(unused, qtbot):
    dialog, path = unused
    [row] = [dialog.table.topLevelItem(n) for n in range(dialog.table.topLevelItemCount())]
    assert [row.text(n) for n in (1, 2)] == ["1", "1 B"] and "Stored files" in row.text(0)
    assert row.child(0).text(0) == f"files/{path.parent.name}/{path.name}"
    assert "1 B are ticked" in dialog.note.text()
    dialog.delete_.click()
    qtbot.waitUntil(lambda: "free again" in dialog.note.text())
    assert not path.exists() and not dialog.delete_.isEnabled()


def test_an_export_that_runs_is_waited_for(unused, opened, qtbot, monkeypatch):
    dialog, path = unused
    opened.session.project.add_job("export", "to there")
    dialog.delete_.click()
    qtbot.waitUntil(dialog.problem.isVisible)
    assert "to there" in dialog.problem.text() and path.exists() and not dialog.note.text()


def test_long_lists_are_cut(unused):
    dialog, _ = unused
    dialog.show_unused([Unused("file", f"files/{n}", 10) for n in range(tidy.SHOWN + 3)])
    row = dialog.table.topLevelItem(0)
    assert row.childCount() == tidy.SHOWN + 1
    assert [row.child(tidy.SHOWN).text(n) for n in (0, 2)] == ["and 3 more", "30 B"]
    row.setCheckState(0, Qt.CheckState.Unchecked)
    assert "0 B are ticked" in dialog.note.text() and not dialog.delete_.isEnabled()
    dialog.show_unused([Unused("cache", "cache", 7), Unused("run", "runs/9", 5)])
    assert "5 B are ticked" in dialog.note.text(), "what took hours is not ticked by itself"
    dialog.show_unused([])
    assert "Nothing is unused" in dialog.note.text() and not dialog.delete_.isEnabled()


def answer(monkeypatch, **answers: Path | str):
    """What a person chooses in file dialogs, by their functions."""
    for name, chosen in answers.items():
        monkeypatch.setattr(QFileDialog, name, lambda *_, chosen=chosen, **__: (str(chosen), ""))


def test_a_project_is_packed_and_opened_elsewhere(opened, qtbot, monkeypatch, tmp_path):
    file, root = tmp_path / "packed.tar", tmp_path / "elsewhere"
    answer(monkeypatch, getSaveFileName=file)
    with qtbot.waitSignal(opened.keeping.noted) as noted:
        opened.actions_["project.pack"].trigger()
    assert str(file) in noted.args[0] and file.is_file()
    answer(monkeypatch, getOpenFileName=file, getSaveFileName=root)
    opened.actions_["project.unpack"].trigger()
    qtbot.waitUntil(lambda: opened.session is not None and opened.session.project.root == root)
    assert opened.session.project.images()


def test_what_cannot_be_packed_or_unpacked_is_told(opened, qtbot, monkeypatch, tmp_path):
    taken = tmp_path / "taken.tar"
    taken.write_text("a person's own")
    answer(monkeypatch, getSaveFileName=taken, getOpenFileName=taken)
    for action, match in (("project.pack", "there already"), ("project.unpack", "not a folder")):
        with qtbot.waitSignal(opened.keeping.failed) as failed:
            opened.actions_[action].trigger()
        assert match in str(failed.args[0])
    assert taken.read_text() == "a person's own"


def test_nothing_chosen_is_nothing_done(opened, monkeypatch):
    answer(monkeypatch, getSaveFileName="", getOpenFileName="")
    monkeypatch.setattr(keeping.Keeping, "_run", lambda *_: pytest.fail("it went on"))
    opened.actions_["project.pack"].trigger()
    opened.actions_["project.unpack"].trigger()
    answer(monkeypatch, getOpenFileName="/some/file.tar")
    opened.actions_["project.unpack"].trigger()


def test_packing_shows_how_far_it_is_and_is_given_up(opened, qtbot, monkeypatch, tmp_path):
    going, seen = threading.Event(), []

    def pack(_project, target, tell):
        tell(1, 4)
        going.wait(60)
        try:
            tell(2, 4)
        except ProjectError as error:
            seen.append(error)
            raise
        return Packed(target, 1, 1)

    monkeypatch.setattr(Project, "pack", pack)
    opened.keeping.failed.connect(seen.append)
    answer(monkeypatch, getSaveFileName=tmp_path / "p.tar")
    opened.actions_["project.pack"].trigger()
    qtbot.waitUntil(lambda: any(d.value() == 250 for d in opened.findChildren(QProgressDialog)))
    [shown] = opened.findChildren(QProgressDialog)
    shown.findChild(QPushButton).click()
    going.set()
    qtbot.waitUntil(lambda: not opened.findChildren(QProgressDialog))
    assert len(seen) == 1 and "cancelled" in str(seen[0]), "who gave it up is told nothing"


def test_closing_the_window_gives_up_what_is_packed(opened, qtbot, monkeypatch, tmp_path):
    began, ended = threading.Event(), threading.Event()

    def pack(_project, _target, tell):
        began.set()
        try:
            while True:
                tell(1, 2)
        finally:
            ended.set()

    monkeypatch.setattr(Project, "pack", pack)
    answer(monkeypatch, getSaveFileName=tmp_path / "p.tar")
    opened.actions_["project.pack"].trigger()
    qtbot.waitUntil(began.is_set)
    opened.close()
    assert ended.is_set()
