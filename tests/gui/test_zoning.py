"""The region on the canvas: shown while it is painted, saved with every edit."""

import numpy as np

from defectstudio.app.regions import read_region


def test_the_region_is_painted_shown_saved_and_read_again(opened, person, qtbot):
    session = opened.session
    document = session.studio.document
    opened.actions_["region.paint"].trigger()
    assert opened.messages.isVisible()
    assert opened.painting.options._class_name.text() == "Defects may fall here"
    person.paint((40, 30), (40, 90))
    assert document.region.labels[40, 30:90].all()
    assert not document.plane.labels.any()
    image_id = document.record.id
    qtbot.waitUntil(lambda: read_region(session.project, image_id) is not None)
    shown = np.frombuffer(
        opened.painting.canvas.viewport().grab().toImage().constBits(), np.uint32
    ).copy()
    opened.actions_["region.paint"].trigger()
    hidden = np.frombuffer(
        opened.painting.canvas.viewport().grab().toImage().constBits(), np.uint32
    )
    assert (shown != hidden).any()
    opened.images.step(1)
    qtbot.waitUntil(lambda: session.studio.document.record.id != image_id)
    opened.images.step(-1)
    qtbot.waitUntil(lambda: session.studio.document.record.id == image_id)
    assert session.studio.document.region.labels[40, 30:90].all()
    opened.actions_["region.paint"].trigger()
    opened.actions_["region.invert"].trigger()
    assert not session.studio.document.region.labels[40, 30:90].any()
    opened.actions_["edit.undo"].trigger()
    assert session.studio.document.region.labels[40, 30:90].all()


def test_a_region_that_cannot_be_saved_is_told(opened, person, qtbot):
    (opened.session.project.root / "regions").write_text("in the way")
    opened.actions_["region.paint"].trigger()
    person.paint((40, 30), (40, 90))
    qtbot.waitUntil(lambda: "region cannot be saved" in opened.messages.text.text())


def test_closing_the_project_ends_painting_the_region(opened):
    opened.actions_["region.paint"].trigger()
    opened.close_project()
    assert not opened.actions_["region.paint"].isChecked()
