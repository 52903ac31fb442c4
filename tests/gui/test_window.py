"""The whole way through the window: open, paint, preview, accept, undo, export."""

import json
import sys
import weakref
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt

from defectstudio.app.document import draft_file, drafts
from defectstudio.domain.errors import InternalError
from defectstudio.domain.records import Role
from defectstudio.gui.canvas.item import Overlay
from defectstudio.gui.dialogs.export import ExportChoice
from defectstudio.gui.previews import State
from defectstudio.imaging.reading import read_label
from defectstudio.project.project import Project
from tests.gui.leftovers import settle


def test_open_paint_preview_accept_undo_export(opened, person, qtbot, tmp_path):
    window, session = opened, opened.session
    assert session.studio.document.record.role is Role.NORMAL
    bare = person.seen()

    person.paint((40, 30), (44, 60))
    first = person.shown()
    assert (first != bare).any()
    assert window.painting.canvas.item.overlay is Overlay.OUTLINE

    person.key(Qt.Key.Key_R)
    second = person.shown()
    assert (second != first).any(), "another seed looks different"

    person.key(Qt.Key.Key_2)
    assert session.studio.class_id == 2
    person.paint((70, 80), (72, 95))
    third = person.shown()
    assert (third != second).any(), "a second class is previewed too"

    person.key(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(session.project.samples()) == 1, timeout=9000)
    sample = session.project.samples()[0]
    assert sample.class_ids == (1, 2)
    qtbot.waitUntil(lambda: window.samples.list.model().rowCount() == 1)

    person.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.project.samples() == [], timeout=9000)
    person.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert set(session.studio.document.plane.class_boxes()) == {1}
    for _ in range(2):
        person.key(Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(session.project.samples()) == 1, timeout=9000)
    assert session.project.samples()[0].sha256 == sample.sha256

    choice = ExportChoice(tmp_path / "out", "coco", None, True, True)
    with qtbot.waitSignal(window.commands.ended, timeout=20000) as ended:
        window.commands._export(session, choice)
    assert "1 of them synthetic" in ended.args[0]
    found = list((tmp_path / "out").rglob("*.json"))
    assert any("annotations" in json.loads(path.read_text()) for path in found)


def test_late_answers_are_dropped(opened, person, qtbot):
    session = opened.session
    source = session.previews._source
    source.hold.clear()
    person.paint((40, 30), (44, 60))
    qtbot.waitUntil(lambda: len(source.asked) == 1)
    session.studio.choose_seed(111)
    qtbot.waitUntil(lambda: len(source.asked) == 2)
    answers = []
    session.bridge.relay(source.ready, lambda made, recipe, _contents: answers.append(recipe))
    drawn = []
    session.previews.changed.connect(lambda state, took: drawn.append(state))
    source.hold.set()
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert answers[0].defects[0].seed != 111
    assert drawn.count(State.SHOWN) == 1
    assert session.previews._asked.defects[0].seed == 111


def test_blend_and_retention_change_the_preview(opened, person):
    person.paint((40, 30), (44, 60))
    looks = [person.shown()]
    style = opened.side.currentWidget()
    style.blend.retention.slider.setValue(0)
    looks.append(person.shown())
    style.blend.mode.setCurrentIndex(style.blend.mode.findData("alpha"))
    style.blend.mode.activated.emit(style.blend.mode.currentIndex())
    looks.append(person.shown())
    assert (looks[0] != looks[1]).any() and (looks[1] != looks[2]).any()
    assert opened.session.studio.blend.mode == "alpha"


def test_grain_changes_the_recipe(opened, person):
    person.paint((40, 30), (44, 60))
    person.shown()
    style = opened.side.currentWidget()
    assert style.blend.grain.value == 100
    style.blend.grain.slider.setValue(0)
    person.shown()
    assert opened.session.studio.grain.strength == 0
    assert opened.session.previews._asked.grain.strength == 0


def test_a_transfer_is_refined_from_the_panel(opened):
    style, studio = opened.side.currentWidget(), opened.session.studio
    form, polish = style.blend.form, style.blend.polish
    assert not form.isRowVisible(polish)
    studio.choose_generator(replace(studio.generator, kind="dst"))
    assert form.isRowVisible(polish)
    polish.slider.setValue(3)
    assert studio.polish == 30 and polish.text.text() == "30"


def test_the_preview_can_be_switched_off(opened, person):
    bare = person.seen()
    person.paint((40, 30), (44, 60))
    person.shown()
    person.key(Qt.Key.Key_V)
    assert opened.session.previews.state is State.NOTHING
    np.testing.assert_array_equal(person.seen(), bare)
    assert opened.painting.canvas.item.overlay is Overlay.FILL
    person.key(Qt.Key.Key_V)
    assert (person.shown() != bare).any()


def test_tab_hides_what_is_painted(opened, person):
    person.paint((40, 30), (44, 60))
    person.shown()
    person.key(Qt.Key.Key_Tab)
    assert opened.painting.canvas.item.overlay is Overlay.HIDDEN
    person.key(Qt.Key.Key_Tab)
    assert opened.painting.canvas.item.overlay is Overlay.OUTLINE


def test_a_locked_style_is_not_rolled(opened, person):
    studio = opened.session.studio
    before = studio.styles.seed(1)
    person.key(Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    person.key(Qt.Key.Key_R)
    assert studio.styles.seed(1) == before
    assert "locked" in opened.messages.text.text()
    person.key(Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    person.key(Qt.Key.Key_R)
    assert studio.styles.seed(1) != before


def test_accepting_rolls_the_style_so_that_enter_twice_gives_two(opened, person, qtbot):
    person.paint((40, 30), (44, 60))
    person.key(Qt.Key.Key_Return)
    person.key(Qt.Key.Key_Return)
    project = opened.session.project
    qtbot.waitUntil(lambda: len(project.samples()) == 2, timeout=9000)
    assert len({sample.sha256 for sample in project.samples()}) == 2


def test_a_locked_sample_is_accepted_once(opened, person, qtbot):
    person.paint((40, 30), (44, 60))
    opened.actions_["style.lock"].trigger()
    person.key(Qt.Key.Key_Return)
    person.key(Qt.Key.Key_Return)
    assert "accepted already" in opened.messages.text.text()
    qtbot.waitUntil(lambda: len(opened.session.project.samples()) == 1, timeout=9000)


def test_undo_before_the_sample_is_made_leaves_none(opened, person, qtbot):
    session = opened.session
    person.paint((40, 30), (44, 60))
    person.shown()
    removed = []
    session.project.changed.connect(removed.append)
    session.previews.accept()
    session.undo()
    qtbot.waitUntil(lambda: removed.count("samples") == 2, timeout=9000)
    assert session.project.samples() == []


def test_undone_and_done_again_before_it_is_made_is_one_sample(opened, person, qtbot):
    session, source = opened.session, opened.session.previews._source
    person.paint((40, 30), (44, 60))
    person.shown()
    source.hold.clear()
    made = []
    session.previews.accepted.connect(made.append)
    session.previews.accept()
    session.undo()
    session.redo()
    source.hold.set()
    person.shown()
    qtbot.waitUntil(lambda: len(made) == 1)
    assert [sample.id for sample in session.project.samples()] == [made[0].id]
    session.undo()
    assert session.project.samples() == []


def test_a_sample_that_cannot_be_made_is_no_step_to_undo(opened, person, qtbot):
    session, source = opened.session, opened.session.previews._source
    person.paint((40, 30), (44, 60))
    person.shown()
    opened.actions_["style.lock"].trigger()
    source.broken = True
    person.key(Qt.Key.Key_Return)
    qtbot.waitUntil(opened.messages.isVisible)
    assert "The weights are gone." in opened.messages.text.text()
    assert session.studio.history.undo_text == "Stroke"
    assert "stroke" in opened.actions_["edit.undo"].text()
    assert session.previews.state is State.SHOWN, "the preview is still there"
    source.broken = False
    person.key(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(session.project.samples()) == 1)
    assert session.studio.history.undo_text == "Accept sample"


def test_nothing_to_accept_is_said(opened, person):
    person.key(Qt.Key.Key_Return)
    assert "Paint" in opened.messages.text.text()
    assert opened.session.project.samples() == []


def test_a_failed_preview_is_told_with_details_and_the_window_lives_on(opened, person, qtbot):
    opened.session.previews._source.broken = True
    person.paint((40, 30), (44, 60))
    qtbot.waitUntil(opened.messages.isVisible, timeout=9000)
    assert "The weights are gone. " in opened.messages.text.text().replace("</b>", "")
    opened.messages.more.click()
    assert opened.messages.details.isVisible()
    opened.messages.copy.click()
    opened.session.previews._source.broken = False
    opened.actions_["style.roll"].trigger()
    person.shown()


def test_painted_masks_are_saved_as_drafts_and_are_no_labels(opened, person, qtbot, project_root):
    session = opened.session
    person.paint((40, 30), (44, 60))
    record = session.studio.document.record
    painted = session.studio.document.plane.labels.copy()
    opened.images.step(1)
    qtbot.waitUntil(lambda: session.studio.document.record.id != record.id, timeout=9000)
    assert not session.studio.document.plane.labels.any(), "nothing is carried over"
    assert session.project.image(record.id).label_file is None
    np.testing.assert_array_equal(read_label(draft_file(session.project, record)), painted)
    assert drafts(session.project) == {record.id}
    session.undo()
    qtbot.waitUntil(lambda: session.studio.document.record.id == record.id, timeout=9000)
    assert not session.studio.document.plane.labels.any(), "undo goes to where the stroke was"
    session.redo()
    opened.close()
    with Project.open(project_root) as again:
        np.testing.assert_array_equal(read_label(draft_file(again, record)), painted)


def test_a_real_defect_is_relabeled_and_never_emptied(opened, person, qtbot):
    session = opened.session
    defect = session.project.images(role=Role.DEFECT)[0]
    session.documents.open(defect.id)
    qtbot.waitUntil(lambda: session.studio.document.record.id == defect.id, timeout=9000)
    person.paint((70, 80), (72, 95))
    with qtbot.waitSignal(session.documents.saved, timeout=9000):
        session.documents.save()
    assert session.project.image(defect.id).class_ids == (1, 2)
    session.studio.clear()
    with qtbot.waitSignal(session.documents.saved) as said:
        session.documents.save()
    assert "empty" in said.args[0]
    assert session.project.image(defect.id).class_ids == (1, 2)
    person.key(Qt.Key.Key_Return)
    assert session.project.samples() == []


def test_the_image_list_filters_and_steps(opened, person, qtbot):
    images = opened.images
    assert images.place == (1, 4)
    images.roles.setCurrentIndex(2)
    assert images.place[1] == 1
    images.roles.setCurrentIndex(0)
    images.search.setText("plate 2")
    assert images.place[1] == 1
    images.search.clear()
    person.key(Qt.Key.Key_D)
    qtbot.waitUntil(lambda: opened.session.studio.document.record.name == "plate 1", timeout=9000)
    person.key(Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: opened.session.studio.document.record.name == "plate 0", timeout=9000)


def test_keys_change_tool_size_and_zoom(opened, person):
    studio, canvas = opened.session.studio, opened.painting.canvas
    size = studio.tools.size
    person.key(Qt.Key.Key_BracketRight)
    assert studio.tools.size > size
    person.key(Qt.Key.Key_BracketLeft)
    person.key(Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert canvas.zoom == 1
    person.key(Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert canvas.zoom > 1
    person.key(Qt.Key.Key_E)
    assert opened.actions_["tool.eraser"].isChecked()
    assert not opened.actions_["tool.brush"].isChecked()


def test_the_status_bar_tells_place_and_native_value(opened, person, qtbot):
    session = opened.session
    value = session.studio.document.native[10, 20]

    # Where it is already, in the test before too, a pointer does not move: Qt tells nothing.
    for place in ((12, 24), (10, 20)):
        qtbot.mouseMove(opened.painting.canvas.viewport(), person.place(*place))
    qtbot.waitUntil(lambda: opened.status._place.text() == "x 20  y 10")
    assert opened.status._value.text() == "R {}  G {}  B {}".format(*value)


def test_the_status_bar_tells_the_device_while_a_project_is_open(opened, person):
    assert opened.status._device.text() == ""
    person.paint((40, 30), (44, 60))
    person.shown()
    assert opened.status._device.text() == "cpu"
    opened.close_project()
    assert opened.status._device.text() == ""


def test_the_welcome_page_shows_how_far_the_sample_project_is(window, qtbot, monkeypatch):
    def make(root, *, progress):
        for done in range(4):
            progress(done, 3)
        return Project.create(root, "plate")

    monkeypatch.setattr("defectstudio.gui.commands.make_sample_project", make)
    steps = []
    bar = window.welcome._bar
    bar.valueChanged.connect(lambda value: steps.append((value, bar.maximum())))
    window.actions_["project.sample"].trigger()
    assert not bar.isHidden() and bar.maximum() == 0
    qtbot.waitUntil(lambda: window.session is not None, timeout=20000)
    assert [step for step in steps if step[0] >= 0] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert bar.isHidden()


def test_a_class_is_added_and_chosen(opened, qtbot):
    opened.session.add_class("stain")
    qtbot.waitUntil(lambda: len(opened.session.studio.classes) == 3, timeout=5000)
    opened.session.add_class("Stain")
    assert "stain" in opened.messages.details.toPlainText().casefold()


def test_a_closed_project_is_let_go_of_whole(opened, qapp):
    studio = weakref.ref(opened.session.studio)
    assert opened.close_project()
    settle(qapp)
    assert studio() is None, "its images would stay in memory"


def test_closing_a_project_goes_back_to_the_welcome_page(opened, project_root):
    assert opened.close_project()
    assert opened.session is None
    assert opened.welcome.isVisible() and not opened.images.isVisible()
    assert not opened.actions_["project.export"].isEnabled()
    assert opened.windowTitle() == "DefectStudio"


def test_a_wrong_folder_is_refused_in_the_bar(window, qtbot, tmp_path):
    window.commands.open_path(tmp_path / "nowhere")
    qtbot.waitUntil(window.messages.isVisible, timeout=9000)
    assert window.session is None


def test_what_nobody_caught_is_shown(window, monkeypatch):
    from defectstudio.gui.starting import surface

    monkeypatch.setattr(sys, "__excepthook__", lambda *_: None)
    try:
        raise KeyError("lost")
    except KeyError as error:
        surface(window)(KeyError, error, error.__traceback__)
    assert "lost" in window.messages.text.text()
    assert InternalError.__name__ in window.messages.details.toPlainText()
