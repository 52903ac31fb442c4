"""Strokes that were not saved when the program ended: asked about, taken back, thrown away."""

import numpy as np
import pytest

from defectstudio.app import document as documents
from defectstudio.app.brush import Brush
from defectstudio.app.classes import merge_classes
from defectstudio.app.document import DRAFTS, draft_file
from defectstudio.app.journal import StrokeJournal
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.strokes import Stroke
from defectstudio.imaging.reading import read_label
from defectstudio.project.project import Project


def _lose(root, number, row):
    """What a crash leaves behind: a stroke on an image that is journaled and not saved."""
    with Project.open(root) as project:
        image = project.images()[number]
        stored = documents.open_document(project, image).plane.labels
        plane = LabelPlane(stored)
        stroke = Stroke(plane, 1)
        stroke.line((row, 10), (row, 60), Brush(5))
        StrokeJournal(project).append(image.id, plane.shape, stroke.finish())
        return image.id, plane.labels.copy()


@pytest.fixture
def crashed(project_root):
    return project_root, _lose(project_root, 0, 30), _lose(project_root, 1, 50)


def open_and_wait(window, qtbot, root):
    window.commands.open_path(root)
    qtbot.waitUntil(
        lambda: window.session is not None and window.session.studio.document is not None,
        timeout=20000,
    )
    return window.session


def journals(root):
    return list((root / DRAFTS).glob("*.journal"))


def test_lost_strokes_are_recovered_on_the_open_image_and_on_others(window, qtbot, crashed):
    root, (first, one), (second, two) = crashed
    session = open_and_wait(window, qtbot, root)
    qtbot.waitUntil(window.recovery.bar.isVisible)
    assert "2 edit(s) on 2 image(s)" in window.recovery.bar.text.text()
    window.recovery.bar.recover.click()
    assert not window.recovery.bar.isVisible()
    assert session.studio.document.record.id == first
    np.testing.assert_array_equal(session.studio.document.plane.labels, one)
    session.undo()
    assert not session.studio.document.plane.labels.any(), "recovering can be undone"
    session.redo()
    session.documents.open(second)
    qtbot.waitUntil(lambda: session.studio.document.record.id == second)
    np.testing.assert_array_equal(session.studio.document.plane.labels, two)
    assert session.studio.history.undo_text == "Recover strokes"
    session.undo()
    assert not session.studio.document.plane.labels.any(), "here too"
    session.redo()
    np.testing.assert_array_equal(session.studio.document.plane.labels, two)
    assert window.close_project()
    assert journals(root) == []
    with Project.open(root) as project:
        np.testing.assert_array_equal(read_label(draft_file(project, project.image(first))), one)


def test_an_image_with_recovered_strokes_is_shown(window, qtbot, crashed):
    root, (first, _), (second, two) = crashed
    session = open_and_wait(window, qtbot, root)
    qtbot.waitUntil(window.recovery.bar.isVisible)
    other = next(one.id for one in session.project.images() if one.id not in (first, second))
    session.documents.open(other)
    qtbot.waitUntil(lambda: session.studio.document.record.id == other)
    window.recovery.bar.recover.click()
    qtbot.waitUntil(lambda: session.studio.document.record.id == second)
    qtbot.waitUntil(lambda: np.array_equal(session.studio.document.plane.labels, two))


def test_lost_strokes_of_a_class_that_was_merged_meanwhile_are_saved_as_the_other(
    window, qtbot, crashed
):
    root, (first, one), _ = crashed
    session = open_and_wait(window, qtbot, root)
    qtbot.waitUntil(window.recovery.bar.isVisible)
    assert session.studio.document.record.id == first
    kept = next(found.id for found in session.studio.classes if found.id != 1)
    merge_classes(session.project, session.item.id, 1, kept)
    window.recovery.bar.recover.click()
    now = np.where(one == 1, kept, one)
    np.testing.assert_array_equal(session.studio.document.plane.labels, now)


def test_an_image_that_is_being_read_shows_what_was_recovered(window, qtbot, crashed):
    root, _, (second, two) = crashed
    session = open_and_wait(window, qtbot, root)
    qtbot.waitUntil(window.recovery.bar.isVisible)
    session.documents.open(second)
    window.recovery.bar.recover.click()
    qtbot.waitUntil(
        lambda: (
            session.studio.document.record.id == second
            and np.array_equal(session.studio.document.plane.labels, two)
        )
    )


def test_lost_strokes_are_discarded_only_when_asked_twice(window, qtbot, crashed, monkeypatch):
    root = crashed[0]
    session = open_and_wait(window, qtbot, root)
    bar = window.recovery.bar
    qtbot.waitUntil(bar.isVisible)
    monkeypatch.setattr(bar, "may_discard", lambda: False)
    bar.discard.click()
    assert bar.isVisible() and len(journals(root)) == 2
    monkeypatch.setattr(bar, "may_discard", lambda: True)
    bar.discard.click()
    qtbot.waitUntil(lambda: journals(root) == [])
    assert not bar.isVisible()
    assert not session.studio.document.plane.labels.any()


def test_what_is_not_decided_is_asked_again(window, qtbot, crashed):
    root = crashed[0]
    open_and_wait(window, qtbot, root)
    qtbot.waitUntil(window.recovery.bar.isVisible)
    window.close_project()
    assert not window.recovery.bar.isVisible()
    open_and_wait(window, qtbot, root)
    qtbot.waitUntil(window.recovery.bar.isVisible)
