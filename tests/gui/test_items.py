"""Several items in one project."""

import numpy as np

from defectstudio.app.document import draft_file
from defectstudio.domain.records import Role
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage


def test_another_item_brings_its_own_image(opened, person, qtbot, tmp_path):
    session, images = opened.session, opened.images
    first = session.studio.document.record
    person.paint((40, 30), (44, 60))
    pipe, bare = session.project.add_item("pipe"), session.project.add_item("bare")
    weld = session.project.add_class(pipe.id, "weld")
    write_png(tmp_path / "pipe.png", np.full((90, 90, 3), 120, np.uint8))
    session.project.add_images(pipe.id, [NewImage("pipe", Role.NORMAL, tmp_path / "pipe.png")])

    images.item_chosen.emit(pipe.id)
    assert session.studio.document is None, "nothing is painted with the classes of another item"
    qtbot.waitUntil(lambda: session.studio.document is not None)
    assert session.studio.document.record.name == "pipe"
    assert [one.id for one in session.studio.classes] == [weld.id]
    assert draft_file(session.project, first).is_file()

    images.item_chosen.emit(bare.id)
    assert session.studio.document is None and not session.studio.classes

    session.undo()
    qtbot.waitUntil(lambda: session.studio.document is not None)
    assert session.studio.document.record == first
    assert not session.studio.document.plane.class_boxes()
    qtbot.waitUntil(lambda: images.items.currentData() == first.item_id)
    assert session.item.id == first.item_id
