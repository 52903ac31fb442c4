"""Training a generator from the window: what it learns from, and the split it needs."""

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QMessageBox

from defectstudio.domain.records import JobState, Role
from defectstudio.gui import job_control
from defectstudio.gui.dialogs.train import TrainDialog
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from tests.gui.test_jobs_panel import ActedJob


@pytest.fixture
def unpainted(opened, tmp_path):
    """A defect that is still to be painted."""
    write_png(tmp_path / "bare.png", np.full((96, 128, 3), 90, np.uint8))
    new = NewImage("bare", Role.DEFECT, tmp_path / "bare.png", class_ids=(1,))
    return opened.session.project.add_images(opened.session.item.id, [new])[0]


@pytest.fixture
def orders(monkeypatch):
    """What was ordered; nothing is trained."""
    given = []

    def start(project, order):
        given.append(order)
        return ActedJob(project, order.name)

    monkeypatch.setattr(job_control, "start_training", start)
    return given


def splits(opened):
    return {image.name: image.split for image in opened.session.project.images()}


def test_what_is_labeled_is_split_when_its_training_starts(opened, unpainted, orders, qtbot):
    opened.actions_["job.train"].trigger()
    qtbot.waitUntil(lambda: opened.findChild(TrainDialog) is not None, timeout=9000)
    dialog = opened.findChild(TrainDialog)
    told = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "hole 1" in told and "1 images are still to be painted" in told
    dialog.go.click()
    qtbot.waitUntil(lambda: len(orders) == 1, timeout=9000)
    found = splits(opened)
    assert found.pop("bare") is None and None not in found.values()
    assert found["plate 3"] == "train"


def test_images_are_split_anew_when_it_is_confirmed(opened, unpainted, qtbot):
    opened.actions_["project.split"].trigger()
    [box] = opened.findChildren(QMessageBox)
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert set(splits(opened).values()) == {None}
    opened.actions_["project.split"].trigger()
    qtbot.waitUntil(lambda: len(opened.findChildren(QMessageBox)) == 1, timeout=9000)
    [box] = opened.findChildren(QMessageBox)
    next(one for one in box.buttons() if "Split" in one.text()).click()
    told = "Split into training, validation and test: good 1 / 1 / 1, hole 1 / 0 / 0."
    qtbot.waitUntil(lambda: opened.messages.text.text() == told, timeout=9000)
    assert splits(opened)["bare"] is None


def _trained(opened, qtbot, name, make):
    """An acted training that makes a generator."""
    project, item = opened.session.project, opened.session.item
    job = ActedJob(project, name)
    opened.session.jobs.start(lambda: job)
    qtbot.waitUntil(lambda: opened.session.jobs.is_running(job.record.id), timeout=9000)

    def end(folder):
        project.add_generator(item.id, name, "paste", make(folder, {1: "scratch"}))
        job.end(JobState.DONE)
        qtbot.waitUntil(lambda: name in opened.messages.text.text(), timeout=9000)

    return end


def test_what_was_trained_is_used(opened, make_generator, tmp_path, qtbot):
    studio, batch = opened.session.studio, opened.batch
    opened.show_page(batch)
    qtbot.waitUntil(lambda: batch.generators.currentText() == "first", timeout=9000)
    end, end_other = (_trained(opened, qtbot, name, make_generator) for name in ("new", "other"))
    for finish, name in ((end, "new"), (end_other, "other")):
        finish(tmp_path / name)
        assert opened.messages.text.text() == f"{name} is trained: Paint and Batch use it now."
        assert opened.messages.offer.text() == "Batch"
        assert studio.generator.name == name
        qtbot.waitUntil(lambda name=name: batch.generators.currentText() == name, timeout=9000)


def test_what_a_person_chose_meanwhile_stays(opened, make_generator, tmp_path, qtbot):
    session, batch = opened.session, opened.batch
    folder = make_generator(tmp_path / "own", {1: "scratch"})
    session.project.add_generator(session.item.id, "own", "paste", folder)
    opened.show_page(batch)
    qtbot.waitUntil(lambda: batch.generators.findText("own") >= 0, timeout=9000)
    end = _trained(opened, qtbot, "new", make_generator)
    session.studio.choose_generator(session.project.generator("own"))
    batch.generators.setCurrentText("own")
    end(tmp_path / "new")
    assert opened.messages.text.text() == "new is trained and can be used."
    qtbot.waitUntil(lambda: batch.generators.findText("new") >= 0, timeout=9000)
    opened.show_page(opened.painting)
    opened.messages.offer.click()
    assert opened.pages.currentWidget() is batch
    assert (session.studio.generator.name, batch.generators.currentText()) == ("own", "own")


def test_samples_that_are_made_lead_to_their_review(opened, qtbot):
    job = ActedJob(opened.session.project, "sixty", "synthesize")
    opened.session.jobs.start(lambda: job)
    qtbot.waitUntil(lambda: opened.session.jobs.is_running(job.record.id), timeout=9000)
    job.end(JobState.DONE)
    qtbot.waitUntil(lambda: opened.messages.offer.text() == "Review", timeout=9000)
    assert "The samples are made" in opened.messages.text.text()
    opened.messages.offer.click()
    assert opened.pages.currentWidget() is opened.review
