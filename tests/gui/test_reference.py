"""The reference picker: choose, paint, match, train, and watch the training sharpen."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from defectstudio.domain import events
from defectstudio.domain.records import JobState, Role
from defectstudio.gui import job_control
from defectstudio.gui.dialogs.train import TrainDialog
from defectstudio.gui.panels.picture_view import PictureView
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from tests.gui.test_jobs_panel import ActedJob

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def section(opened, tmp_path):
    """The open section; the project has a labeled defect and one without a mask."""
    project = opened.session.project
    write_png(tmp_path / "bare.png", np.full((96, 128, 3), 90, np.uint8))
    new = NewImage("bare", Role.DEFECT, tmp_path / "bare.png")
    project.add_images(opened.session.item.id, [new])
    made = opened.side.currentWidget().reference
    made.title.setChecked(True)
    return made


def names(section):
    return [section.images.itemText(row) for row in range(section.images.count())]


def choose(section, qtbot, name):
    qtbot.waitUntil(lambda: section.images.count() == 2, timeout=9000)
    row = next(row for row, text in enumerate(names(section)) if text.startswith(name))
    section.images.setCurrentIndex(row)
    section.images.activated.emit(row)


def test_a_labeled_defect_is_shown_and_can_be_matched_and_trained(section, qtbot):
    choose(section, qtbot, "plate 3")
    assert names(section) == ["plate 3", "bare (no mask)"]
    qtbot.waitUntil(lambda: not section.picture.image.isNull(), timeout=9000)
    assert section.match.isEnabled() and section.train.isEnabled()
    assert section.paint.text() == "Correct its mask"
    assert not section.hint.isVisible()
    assert section.picture.height() > section.picture.width() // 3


def test_a_defect_without_a_mask_is_painted_now(opened, section, person, qtbot):
    choose(section, qtbot, "bare")
    assert not section.match.isEnabled() and "Paint its mask" in section.hint.text()
    qtbot.mouseClick(section.paint, LEFT)
    studio = opened.session.studio
    qtbot.waitUntil(lambda: studio.document.record.name == "bare", timeout=9000)
    person.paint((40, 30), (44, 60))
    opened.session.documents.save()
    qtbot.waitUntil(section.match.isEnabled, timeout=9000)
    assert names(section) == ["plate 3", "bare"] and section.images.currentText() == "bare"


def test_match_takes_the_chosen_reference_whatever_is_open(opened, section, qtbot, monkeypatch):
    given = []

    def start(project, order):
        given.append(order)
        return ActedJob(project, order.name)

    monkeypatch.setattr(job_control, "start_training", start)
    choose(section, qtbot, "plate 3")
    qtbot.mouseClick(section.match, LEFT)
    qtbot.waitUntil(lambda: opened.session.jobs.count == 1, timeout=9000)
    assert (given[0].kind, given[0].references) == ("histmatch", ["plate 3"])
    assert opened.session.studio.document.record.role is Role.NORMAL


def test_train_opens_the_dialog_with_the_reference_chosen(opened, section, qtbot):
    choose(section, qtbot, "plate 3")
    qtbot.mouseClick(section.train, LEFT)
    qtbot.waitUntil(lambda: opened.findChild(TrainDialog) is not None, timeout=9000)
    dialog = opened.findChild(TrainDialog)
    assert (dialog.choice.kind, dialog.choice.references) == ("dst", ["plate 3"])
    dialog.reject()


def test_a_mask_that_is_gone_is_said(opened, section, qtbot):
    opened.commands.match_reference("bare")
    qtbot.waitUntil(lambda: "paint its mask" in opened.messages.text.text(), timeout=9000)


def test_what_a_training_draws_is_shown_while_it_runs(opened, section, qtbot, monkeypatch):
    acted = []

    def start(project, order):
        acted.append(ActedJob(project, order.name))
        return acted[-1]

    monkeypatch.setattr(job_control, "start_training", start)
    choose(section, qtbot, "plate 3")
    qtbot.mouseClick(section.match, LEFT)
    qtbot.waitUntil(lambda: opened.session.jobs.count == 1, timeout=9000)
    (job,) = acted
    qtbot.waitUntil(lambda: opened.jobs._current() and opened.jobs._current().id == job.record.id)
    for step, tone in ((10, 40), (20, 200)):
        name = f"preview_{step:07d}.png"
        write_png(job.record.folder / name, np.full((8, 6, 3), tone, np.uint8))
        job.say(events.Artifact("checkpoint", "checkpoint", step))
        job.say(events.Artifact("preview", name, step))
        for view in (section.training, opened.jobs.picture):
            qtbot.waitUntil(
                lambda view=view, tone=tone: view.image.pixelColor(2, 2).red() == tone,
                timeout=9000,
            )
    assert section.training.isVisible() and section.training_hint.isVisible()
    job.end(JobState.DONE)
    qtbot.waitUntil(lambda: not section.training_hint.isVisible(), timeout=9000)
    assert section.training.image.isNull()
    assert not opened.jobs.picture.image.isNull(), "the jobs' own picture stays"


def test_an_unreadable_reference_is_said_in_the_section(opened, section, qtbot):
    choose(section, qtbot, "plate 3")
    qtbot.waitUntil(lambda: not section.picture.image.isNull(), timeout=9000)
    record = section.images.currentData()
    record.file.chmod(0o600)
    record.file.write_bytes(b"no picture")
    section._read(record)
    qtbot.waitUntil(lambda: section.picture.image.isNull() and section.hint.isVisible())
    assert str(record.file) in section.hint.text()


def test_a_folded_section_reads_nothing(opened, tmp_path, qtbot):
    section = opened.side.currentWidget().reference
    qtbot.waitUntil(lambda: section.images.count() == 1, timeout=9000)
    assert section._shown is None and not section.is_open


def test_a_picture_keeps_its_shape_and_a_text_stands_for_none(qtbot):
    view = PictureView("x", "nothing yet")
    qtbot.addWidget(view)
    view.resize(200, 100)
    view.show()
    view.show_pixels(np.full((40, 40), 255, np.uint8))
    shown = view.grab().toImage()
    assert shown.pixelColor(100, 50).lightness() == 255
    assert shown.pixelColor(10, 50).lightness() < 255
    view.show_pixels(None)
    assert view.image.isNull() and not view.grab().isNull()
