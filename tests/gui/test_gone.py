"""A project that goes away under an open window, and a window that goes away under a hand."""

import shutil

import numpy as np

from defectstudio.app import document as documents
from defectstudio.app.brush import Brush
from defectstudio.app.document import DRAFTS
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.strokes import Stroke
from defectstudio.domain.records import Role
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from tests.gui.test_recovery import journals, open_and_wait


def test_a_project_that_is_deleted_while_it_is_open_takes_nothing_silently(
    opened, person, qtbot, project_root, monkeypatch
):
    told, asked = [], []
    opened.session.failed.connect(lambda error: told.append(error.reason))
    monkeypatch.setattr(opened.commands, "may_lose", lambda error: bool(asked.append(error)))
    shutil.rmtree(project_root)
    person.paint((40, 30), (44, 60))
    for act in (opened.session.documents.save, lambda: opened.session.add_class("dent")):
        told.clear()
        act()
        qtbot.waitUntil(lambda: any("moved or deleted" in reason for reason in told))
    assert not opened.close_project() and "moved or deleted" in asked[0].reason
    assert opened.session.studio.document.plane.labels.any(), "it is still open"
    monkeypatch.setattr(opened.commands, "may_lose", lambda error: True)
    assert opened.close_project()
    assert not project_root.exists() or not any((project_root / DRAFTS).glob("*"))


def test_a_window_closed_in_the_midst_of_a_large_stroke_keeps_it(
    window, qtbot, project_root, tmp_path
):
    picture = tmp_path / "large.png"
    write_png(picture, np.full((6000, 4000), 120, np.uint8))
    with Project.open(project_root) as project:
        item = project.items()[0].id
        project.add_images(item, [NewImage("0 large", Role.NORMAL, picture)])
        large = next(one for one in project.images(item) if one.name == "0 large")
    session = open_and_wait(window, qtbot, project_root)
    session.documents.open(large.id)
    qtbot.waitUntil(lambda: session.studio.document.record.id == large.id)
    studio = session.studio
    studio.tools.resize(2000)
    studio.start_stroke(100, 100, erase=False)
    studio.extend_stroke(5900, 3900)
    window.close()  # In the midst of it.
    assert window.session is None and journals(project_root) == []
    with Project.open(project_root) as project:
        kept = documents.open_document(project, large).plane.labels
    painted = LabelPlane(np.zeros(kept.shape, np.uint8))
    Stroke(painted, 1).line((100, 100), (100, 100), Brush(2000))
    Stroke(painted, 1).line((100, 100), (5900, 3900), Brush(2000))
    assert (kept == painted.labels).all()
