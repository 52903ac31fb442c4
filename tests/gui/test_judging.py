"""Segmenters in the window: judged, accepted, compared, let loose on new pictures."""

import threading

import numpy as np
import pytest

from defectstudio.app.accepting import FoundPart
from defectstudio.app.comparing import Forecast
from defectstudio.app.label_plane import LEVELS
from defectstudio.app.outcomes import ALARM
from defectstudio.app.training_order import SegmenterOrder
from defectstudio.domain.errors import JobError
from defectstudio.domain.records import DefectClass, JobState, Split
from defectstudio.gui import judging
from defectstudio.gui.canvas.layers import steady
from defectstudio.gui.dialogs.accept_label import MOST, AcceptLabelDialog
from defectstudio.gui.dialogs.compare import CompareDialog
from defectstudio.gui.dialogs.predict import PredictDialog
from defectstudio.gui.dialogs.segmenter import SegmenterDialog
from defectstudio.imaging.masks import Box
from tests.gui.test_evaluate import add_segmenter, judged_root
from tests.gui.test_jobs_panel import ActedJob
from tests.unit.app.judged_files import leave_judgement

__all__ = ["judged_root"]


@pytest.fixture
def looking(window, judged_root, qtbot):
    """The window at the Evaluate tab with the worst picture open."""
    window.commands.open_path(judged_root)
    qtbot.waitUntil(lambda: window.session is not None, timeout=20000)
    window.actions_["segmenter.evaluate"].trigger()
    qtbot.waitUntil(window.evaluating.pane.to_paint.isEnabled, timeout=20000)
    return window


def test_the_window_shows_the_judgement_and_goes_to_paint(looking, qtbot):
    page = looking.evaluating
    assert looking.pages.currentWidget() is page
    looking.actions_["image.next"].trigger()
    assert page.images.currentIndex().row() == 1
    qtbot.waitUntil(lambda: "found in error\n1 px" in page.pane.legend[ALARM].text(), timeout=9000)
    looking.actions_["image.previous"].trigger()
    qtbot.waitUntil(page.pane.to_paint.isEnabled, timeout=9000)
    page.pane.to_paint.click()
    assert looking.pages.currentWidget() is looking.painting
    studio = looking.session.studio
    qtbot.waitUntil(
        lambda: studio.document is not None and studio.document.record.name == "plate 3",
        timeout=9000,
    )


def test_a_prediction_is_accepted_after_a_question(looking, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(judging.Judging, "_ask", lambda _self, *given: asked.append(given))
    session = looking.session
    shown = next(i.id for i in session.project.images() if i.name == "plate 3")
    session.documents.open(shown)
    qtbot.waitUntil(lambda: session.studio.document.record.id == shown, timeout=9000)
    session.studio.overwrite("before", np.ones(session.studio.document.plane.shape, np.uint8))
    looking.evaluating.pane.take.click()
    qtbot.waitUntil(lambda: bool(asked), timeout=9000)
    dialog, accept = asked[0]
    assert dialog.cancel.isDefault() and not dialog.go.isDefault()
    assert [box.currentText() for box in dialog.boxes] == ["hole", "hole"]
    assert dialog.all.currentText() == "hole"
    choose(dialog.boxes[1], "scratch")
    assert dialog.all.currentText() == "each of its own"
    choose(dialog.all, "no defect")
    assert {part.class_id for part in dialog.parts} == {0}
    choose(dialog.all, "hole")
    choose(dialog.boxes[1], "scratch")
    accept()
    qtbot.waitUntil(lambda: "is the label of plate 3" in looking.messages.text.text(), timeout=9000)
    project = looking.session.project
    record = next(i for i in project.images() if i.name == "plate 3")
    assert record.class_ids == (1, 2)
    assert not session.studio.history.undo_text, "a stroke is not undone on another label"
    qtbot.waitUntil(lambda: 2 in session.studio.document.plane.labels, timeout=9000)
    assert [one.source for one in session.project.earlier_labels(shown)] == ["painted", ""]
    dialog.deleteLater()


def choose(box, text):
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def test_many_parts_share_a_row(qtbot):
    dot = np.ones((1, 1), bool)
    parts = [FoundPart(Box(0, n, 1, 1), dot, 1 + (n > MOST)) for n in range(MOST + 3)]
    classes = (DefectClass(1, 1, "scratch"), DefectClass(2, 1, "hole"))
    dialog = AcceptLabelDialog("x", classes, parts, np.zeros((9, 60), np.uint8))
    qtbot.addWidget(dialog)
    rest = dialog.boxes[-1]
    assert len(dialog.boxes) == MOST + 1 and rest.currentText() == "each of its own"
    assert dialog.table.topLevelItem(MOST).text(0) == "3 smaller"
    assert dialog.parts == parts
    choose(rest, "hole")
    assert [part.class_id for part in dialog.parts] == [1] * MOST + [2] * 3


def test_nothing_found_is_said(looking, qtbot):
    shown = looking.evaluating.pane
    looking.judging._ask_accept(shown._picture, 0.999)
    qtbot.waitUntil(lambda: "Nothing is found" in looking.messages.text.text(), timeout=9000)


def test_zooming_is_for_the_image_that_is_looked_at(looking):
    viewer, canvas = looking.evaluating.pane.viewer, looking.painting.canvas
    before = viewer.zoom, canvas.zoom
    looking.actions_["view.in"].trigger()
    wanted = steady(1.25 * before[0], LEVELS)
    assert viewer.zoom == pytest.approx(wanted) and canvas.zoom == before[1]
    looking.actions_["view.full"].trigger()
    assert viewer.zoom == 1


def test_the_report_is_opened(looking, monkeypatch):
    shown = []
    monkeypatch.setattr(
        judging.QDesktopServices, "openUrl", lambda url: shown.append(url.fileName())
    )
    looking.evaluating.to_report.click()
    assert shown == ["evaluate.html"]


def test_a_damaged_report_is_told_in_the_page(looking, qtbot):
    job = looking.session.project.jobs()[-1]
    (job.folder / "report" / "evaluate.json").write_text("{", encoding="utf-8")
    page = looking.evaluating
    page.choose_again()
    qtbot.waitUntil(lambda: "Judge the segmenter again" in page.empty.text(), timeout=9000)
    assert not page.to_report.isEnabled()


def test_missing_probabilities_are_told_and_the_list_stays(looking, qtbot):
    job = looking.session.project.jobs()[-1]
    for file in (job.folder / "predictions").iterdir():
        file.unlink()
    looking.evaluating.step(1)
    qtbot.waitUntil(looking.messages.isVisible, timeout=9000)
    assert looking.evaluating.images.model().rowCount() == 4


def test_a_split_that_was_not_judged_can_be(looking, qtbot, monkeypatch):
    given, acted = [], []

    def start(project, **options):
        given.append(options)
        acted.append(ActedJob(project, "eye on val", "evaluate"))
        return acted[-1]

    monkeypatch.setattr(judging, "start_evaluation", start)
    page = looking.evaluating
    page.split.setCurrentIndex(page.split.findData(Split.VAL))
    assert "not been judged on the val split" in page.empty.text()
    page.go.click()
    qtbot.waitUntil(lambda: looking.session.jobs.count == 1, timeout=9000)
    assert given == [{"model": "eye", "split": Split.VAL}]
    leave_judgement(looking.session.project, "eye on val")
    acted[0].end(JobState.DONE)
    qtbot.waitUntil(page.to_report.isEnabled, timeout=9000)


def test_a_new_segmenter_appears(looking, qtbot, tmp_path):
    add_segmenter(looking.session.project, tmp_path / "other", "other")
    page = looking.evaluating
    qtbot.waitUntil(lambda: page.segmenter.count() == 2, timeout=9000)
    assert page.segmenter.currentText() == "eye"


def test_closing_the_project_empties_the_page(looking):
    looking.close_project()
    assert looking.evaluating.segmenter.count() == 0
    assert looking.evaluating.pane.viewer.item.boundingRect().isEmpty()


def test_a_segmenter_is_trained_from_its_dialog(opened, qtbot, monkeypatch):
    given = []

    def start(project, order):
        given.append(order)
        return ActedJob(project, order.name, "train_segmenter")

    monkeypatch.setattr(judging, "start_segmenter_training", start)
    opened.actions_["segmenter.train"].trigger()
    qtbot.waitUntil(lambda: opened.findChild(SegmenterDialog) is not None, timeout=9000)
    dialog = opened.findChild(SegmenterDialog)
    dialog.page.form.editors["steps"].setValue(7)
    dialog.go.click()
    qtbot.waitUntil(lambda: opened.session.jobs.count == 1, timeout=9000)
    assert given == [SegmenterOrder("segmenter-1", "plate", {"steps": "7"}, "auto")]
    assert {image.split for image in opened.session.project.images()} != {None}


def test_a_comparison_is_started_and_its_end_told(opened, qtbot, monkeypatch):
    acted = []

    def start(project, **options):
        acted.append(ActedJob(project, f"{options['protocol']} of plate", "compare"))
        return acted[-1]

    monkeypatch.setattr(judging, "start_comparison", start)
    monkeypatch.setattr(judging, "forecast", lambda *_given, **_options: Forecast(30.0, 3))
    opened.actions_["segmenter.compare"].trigger()
    dialog = opened.findChild(CompareDialog)
    dialog.ask.click()
    qtbot.waitUntil(lambda: "About 30 s for 3" in dialog.time.text(), timeout=9000)
    dialog.go.click()
    qtbot.waitUntil(lambda: opened.session.jobs.count == 1, timeout=9000)
    acted[0].end(JobState.DONE)
    qtbot.waitUntil(lambda: "enlarge of plate" in opened.messages.text.text(), timeout=9000)


def test_a_forecast_ends_with_its_dialog(opened, qtbot, monkeypatch):
    stopped, told = threading.Event(), []

    class Worker:
        def stop(self, *_patience):
            stopped.set()

    def forecast(*_given, began, **_options):
        began(Worker())
        told.append(stopped.wait(20))
        raise JobError("the worker was ended")

    monkeypatch.setattr(judging, "forecast", forecast)
    opened.actions_["segmenter.compare"].trigger()
    dialog = opened.findChild(CompareDialog)
    dialog.ask.click()
    qtbot.waitUntil(lambda: opened.judging._forecaster is not None, timeout=9000)
    dialog.reject()
    qtbot.waitUntil(lambda: told == [True], timeout=9000)


def test_a_forecast_ends_with_the_window(opened, qtbot, monkeypatch):
    stopped = threading.Event()

    class Worker:
        def stop(self, *_patience):
            stopped.set()

    def forecast(*_given, began, **_options):
        began(Worker())
        assert stopped.wait(20)

    monkeypatch.setattr(judging, "forecast", forecast)
    opened.actions_["segmenter.compare"].trigger()
    opened.findChild(CompareDialog).ask.click()
    qtbot.waitUntil(lambda: opened.judging._forecaster is not None, timeout=9000)
    opened.close()
    assert stopped.is_set()


def test_new_pictures_are_looked_at_as_a_job(looking, qtbot, monkeypatch, tmp_path):
    given, acted = [], []

    def start(project, **options):
        given.append(options)
        acted.append(ActedJob(project, "new with eye", "predict"))
        return acted[-1]

    monkeypatch.setattr(judging, "start_prediction", start)
    looking.actions_["segmenter.predict"].trigger()
    dialog = looking.findChild(PredictDialog)
    dialog.source.edit.setText(str(tmp_path / "new"))
    dialog.go.click()
    qtbot.waitUntil(lambda: looking.session.jobs.count == 1, timeout=9000)
    assert (given[0]["model"], given[0]["target"]) == ("eye", tmp_path / "new found")
    acted[0].end(JobState.DONE)
    qtbot.waitUntil(lambda: "Done: new with eye" in looking.messages.text.text(), timeout=9000)


def test_without_a_segmenter_nothing_can_be_looked_at(opened, qtbot):
    opened.actions_["segmenter.predict"].trigger()
    assert "train one first" in opened.messages.text.text()
