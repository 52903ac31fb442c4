"""Labels and classes corrected in the window."""

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox

from defectstudio.app.classes import ClassUse
from defectstudio.domain.records import DefectClass, Role
from defectstudio.gui.dialogs.classes import ClassesDialog
from defectstudio.gui.dialogs.earlier_labels import EarlierLabelsDialog
from defectstudio.gui.dialogs.import_images import ImportChoice
from defectstudio.imaging.reading import read_label


def paint(window, row=40, column=50):
    studio = window.session.studio
    studio.start_stroke(row, column, erase=False)
    studio.end_stroke()


def told(window):
    return window.messages.text.text()


def go_to(window, qtbot, image_id):
    window.session.documents.open(image_id)
    studio = window.session.studio
    qtbot.waitUntil(
        lambda: studio.document is not None and studio.document.record.id == image_id, timeout=5000
    )


def test_a_normal_image_becomes_a_defect_and_is_painted_as_one(opened, qtbot):
    session = opened.session
    image_id = session.studio.document.record.id
    paint(opened)
    painted = session.studio.document.plane.labels.copy()
    opened.actions_["label.defect"].trigger()
    qtbot.waitUntil(lambda: not session.studio.document.is_background, timeout=5000)
    image = session.project.image(image_id)
    assert image.role is Role.DEFECT and np.array_equal(read_label(image.label_file), painted)
    assert "real defect image now" in told(opened)
    opened.actions_["label.defect"].trigger()
    assert "already" in told(opened)
    paint(opened, 10, 10)
    session.documents.save()
    qtbot.waitUntil(
        lambda: session.project.image(image_id).label_file != image.label_file, timeout=5000
    )
    opened.actions_["label.normal"].trigger()
    qtbot.waitUntil(lambda: session.studio.document.is_background, timeout=5000)
    assert not session.studio.document.plane.labels.any() and len(session.studio.history) == 0
    opened.actions_["label.normal"].trigger()
    assert "background already" in told(opened)


def test_correcting_a_real_label_is_said_above_the_canvas(opened, qtbot):
    session, line = opened.session, opened.painting.correcting
    paint(opened)
    assert not line.isVisible(), "a background has no label to correct"
    [labeled] = [one for one in session.project.images() if one.label_file is not None][:1]
    go_to(opened, qtbot, labeled.id)
    assert line.isVisible() and line.text().startswith("You are correcting")
    before = session.studio.document.plane.labels.copy()
    paint(opened)
    qtbot.waitUntil(lambda: "is changed" in line.text(), timeout=5000)
    session.documents.save()
    opened.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: line.text().startswith("You are correcting"), timeout=5000)
    assert np.array_equal(session.studio.document.plane.labels, before)
    session.documents.save()
    session.files.finish(lambda: None)
    assert np.array_equal(read_label(session.project.image(labeled.id).label_file), before)
    opened.close_project()
    assert not line.isVisible()


def test_the_imported_label_is_restored(opened, qtbot):
    session = opened.session
    go_to(opened, qtbot, 4)
    imported = session.studio.document.plane.labels.copy()
    paint(opened, 70, 90)
    opened.actions_["label.earlier"].trigger()
    qtbot.waitUntil(lambda: bool(opened.findChildren(EarlierLabelsDialog)), timeout=5000)
    [dialog] = opened.findChildren(EarlierLabelsDialog)
    assert dialog.list.count() == 1 and "imported" in dialog.list.item(0).text()
    assert dialog.go.isEnabled()
    dialog.go.click()
    qtbot.waitUntil(
        lambda: np.array_equal(session.studio.document.plane.labels, imported), timeout=5000
    )
    assert "again what it was" in told(opened)
    assert session.project.image(4).label_source == ""


def test_a_label_that_was_never_another_has_nothing_to_restore(opened, qtbot):
    opened.actions_["label.earlier"].trigger()
    qtbot.waitUntil(lambda: bool(opened.findChildren(EarlierLabelsDialog)), timeout=5000)
    [dialog] = opened.findChildren(EarlierLabelsDialog)
    assert dialog.list.count() == 0 and not dialog.go.isEnabled()
    dialog.reject()


@pytest.fixture
def classes(opened, qtbot):
    """The dialog of classes, filled."""
    opened.actions_["class.all"].trigger()
    [dialog] = opened.findChildren(ClassesDialog)
    qtbot.waitUntil(lambda: dialog.table.topLevelItemCount() == 2, timeout=5000)
    yield dialog
    opened.curating._dialog and dialog.close()


def row(dialog, number):
    item = dialog.table.topLevelItem(number)
    return [item.text(column) for column in range(4)]


def answer(dialog, verb):
    [box] = dialog.findChildren(QMessageBox)
    [button] = [one for one in box.buttons() if one.text() == verb]
    assert box.defaultButton().text().replace("&", "") == "Cancel"
    assert box.focusWidget() is box.defaultButton()
    text = box.informativeText()
    button.click()
    return text


def test_what_speaks_of_each_class_is_shown(classes):
    assert row(classes, 0) == ["scratch", "0", "0", "first"]
    assert row(classes, 1) == ["hole", "1", "0", "first"]


def test_a_class_is_renamed(classes, opened, qtbot):
    classes.rename.click()
    [ask] = classes.findChildren(QInputDialog)
    assert ask.textValue() == "scratch"
    ask.setTextValue("scrape")
    ask.accept()
    qtbot.waitUntil(lambda: row(classes, 0)[0] == "scrape", timeout=5000)
    studio = opened.session.studio
    qtbot.waitUntil(lambda: studio.classes[0].name == "scrape", timeout=5000)
    classes.rename.click()
    ask = classes.findChildren(QInputDialog)[-1]
    ask.setTextValue("hole")
    ask.accept()
    qtbot.waitUntil(classes.problem.isVisible, timeout=5000)
    assert "class of this name" in classes.problem.text() and classes.rename.isEnabled()


def test_a_class_is_merged_and_the_open_label_follows(classes, opened, qtbot):
    session = opened.session
    go_to(opened, qtbot, 4)
    paint(opened, 70, 90)
    classes.table.setCurrentItem(classes.table.topLevelItem(1))
    classes.merge.click()
    [ask] = classes.findChildren(QInputDialog)
    assert ask.comboBoxItems() == ["scratch"]
    ask.accept()
    text = answer(classes, "Merge")
    assert "in 1 images and 0 samples" in text and "no longer make it here: first" in text
    qtbot.waitUntil(lambda: classes.table.topLevelItemCount() == 1, timeout=5000)
    assert row(classes, 0)[:2] == ["scratch", "1"]
    qtbot.waitUntil(
        lambda: set(np.unique(session.studio.document.plane.labels)) == {0, 1}, timeout=5000
    )
    label = read_label(session.project.image(4).label_file)
    assert label[22, 45] == 1 and label[70, 90] == 1
    assert len(session.studio.history) == 0
    assert not classes.merge.isEnabled()  # into what?
    classes.restore.click()
    ask = classes.findChildren(QInputDialog)[-1]
    assert ask.comboBoxItems() == ["hole"]
    ask.accept()
    qtbot.waitUntil(
        lambda: set(np.unique(session.studio.document.plane.labels)) == {0, 1, 2}, timeout=5000
    )
    qtbot.waitUntil(lambda: classes.table.topLevelItemCount() == 2, timeout=5000)
    assert row(classes, 1)[:2] == ["hole", "1"] and not classes.restore.isEnabled()


def test_a_class_is_deleted_after_a_question(classes, opened, qtbot):
    classes.table.setCurrentItem(classes.table.topLevelItem(1))
    classes.delete_.click()
    [box] = classes.findChildren(QMessageBox)
    box.reject()
    assert len(opened.session.project.classes(1)) == 2
    qtbot.waitUntil(lambda: not classes.findChildren(QMessageBox), timeout=5000)
    classes.delete_.click()
    assert "1 images its pixels become void" in answer(classes, "Delete")
    qtbot.waitUntil(lambda: classes.table.topLevelItemCount() == 1, timeout=5000)
    image = opened.session.project.image(4)
    assert (image.role, image.label_file) == (Role.DEFECT, None)


def test_a_job_that_runs_keeps_the_classes(classes, opened, qtbot):
    opened.session.project.add_job("train", "busy")
    classes.delete_.click()
    answer(classes, "Delete")
    qtbot.waitUntil(classes.problem.isVisible, timeout=5000)
    assert "busy" in classes.problem.text() and not classes.bar.isVisible()
    assert len(opened.session.project.classes(1)) == 2


def test_progress_is_shown_and_buttons_wait(qtbot):
    dialog = ClassesDialog("plate")
    qtbot.addWidget(dialog)
    assert not dialog.rename.isEnabled()
    dialog.show_uses([ClassUse(DefectClass(1, 1, "dent"), 0, 0, (), ())], [])
    assert dialog.rename.isEnabled() and not dialog.merge.isEnabled()
    dialog.show()
    dialog.show_busy(3, 9)
    assert (dialog.bar.value(), dialog.bar.maximum()) == (3, 9) and not dialog.delete_.isEnabled()
    dialog.show_error("no")
    assert dialog.problem.text() == "no" and dialog.delete_.isEnabled()
    dialog.delete_.click()
    [box] = dialog.findChildren(QMessageBox)
    assert box.informativeText() == "Nothing is labeled with it."
    qtbot.keyClick(box, Qt.Key.Key_Escape)


def test_after_an_import_that_adds_to_labels_no_stroke_is_undone_on_them(
    opened, qtbot, monkeypatch, tmp_path
):
    choice = ImportChoice(tmp_path, "auto", "plate", None)
    paint(opened)
    history = opened.session.studio.history
    assert history.undo_text
    report = SimpleNamespace(item="plate", problems=(), added_images=0, merged=0)
    monkeypatch.setattr("defectstudio.gui.commands._import", lambda *_: report)
    opened.commands._import(opened.session, choice)
    qtbot.waitUntil(lambda: "0 images imported" in told(opened))
    assert history.undo_text, "it changed no label"
    report.merged = 1
    opened.commands._import(opened.session, choice)
    qtbot.waitUntil(lambda: not history.undo_text)
