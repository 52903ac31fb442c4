"""The Evaluate tab: alone, and in the window."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from defectstudio.app.comparing import Forecast
from defectstudio.app.judged import ALL_CLASSES, open_judged, read_evaluation
from defectstudio.app.outcomes import ALARM, HIT, MISS
from defectstudio.domain.errors import JobError
from defectstudio.domain.files import sha256_bytes, write_json
from defectstudio.domain.records import JobState, Split
from defectstudio.domain.segmenters import SegmenterCard, SegmenterConfig
from defectstudio.gui import judging
from defectstudio.gui.dialogs.compare import CompareDialog
from defectstudio.gui.dialogs.predict import PredictDialog
from defectstudio.gui.dialogs.segmenter import SegmenterDialog
from defectstudio.gui.panels.evaluate import EvaluatePage
from defectstudio.gui.panels.outcome_item import COLOURS, Shown, patterned
from defectstudio.gui.panels.viewer import Viewer
from defectstudio.project.project import Project
from tests.gui.test_jobs_panel import ActedJob
from tests.unit.app.judged_files import leave_judgement


def add_segmenter(project, folder, name="eye"):
    folder.mkdir()
    (folder / "segmenter.safetensors").write_bytes(b"no weights")
    classes = {one.id: one.name for one in project.classes(1)}
    card = SegmenterCard(
        SegmenterConfig(), 3, classes, "none", 0.5, 5, 2, (), sha256_bytes(b"no weights"), {}
    )
    write_json(folder / "segmenter.json", card)
    return project.add_segmenter(1, name, "unet", folder)


@pytest.fixture
def judged_root(project_root, tmp_path):
    """The project with a segmenter that has been judged."""
    with Project.open(project_root) as project:
        add_segmenter(project, tmp_path / "eye")
        leave_judgement(project)
    return project_root


@pytest.fixture
def page(qtbot):
    made = EvaluatePage()
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    yield made
    made.figures.end()


@pytest.fixture
def filled(page, judged_root):
    """The page alone, a judgement shown, its worst picture open."""
    with Project.open(judged_root) as project:
        page.show_segmenters(project.segmenters())
        found = read_evaluation(project.jobs()[-1])
        page.show_evaluation(found, {i.sha256: i.name for i in project.images()})
        page.show_picture(open_judged(project, found, found.worst_first[0]))
    return page


def pixels(view):
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    drawn = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return drawn[..., 2::-1].copy()


def test_the_page_is_worst_first_and_names_real_and_synthetic_counts(filled):
    model = filled.images.model()
    rows = [[model.index(row, n).data() for n in range(5)] for row in range(model.rowCount())]
    assert rows[0] == ["plate 3", "hole", "0.664", "100", "1"]
    assert [row[:3] for row in rows[1:]] == [[f"plate {n}", "good", "–"] for n in range(3)]
    for caption in (filled.figures.caption, filled.figures.sizes):
        assert "4 real images, 1 with defects; learned from 5 real, 2 synthetic" in caption.text()
    assert "0.600" in filled.summary.text() and "too good" in filled.summary.text()


def test_the_slider_moves_overlay_counts_table_and_mark(filled, qtbot):
    pane, figures = filled.pane, filled.figures
    assert pane.value.text() == "0.5000" and not pane.kept.isEnabled()
    assert pane.legend[MISS].text() == "missed: 100 px"
    before = pixels(pane.viewer)
    pane.threshold.setValue(2)
    assert pane.legend[MISS].text() == "missed: 200 px" and pane.legend[HIT].text().endswith(
        " 0 px"
    )
    assert (pixels(pane.viewer) != before).any()
    row = figures.table.topLevelItem(0)
    assert [row.text(column) for column in (0, 3, 4)] == [ALL_CLASSES, "–", "0.000"]
    assert figures.plot.now.getData()[1].tolist() == [0.0]
    assert figures.plot.kept.getData()[1].tolist() == [0.5]
    pane.kept.click()
    np.testing.assert_array_equal(pixels(pane.viewer), before)
    assert row.child(0).text(0) == "≥ 64 px" and row.child(0).text(4) == "0.500"


def test_every_curve_is_drawn_or_said_to_be_none(filled):
    figures = filled.figures
    for number in range(figures.curve.count()):
        figures.curve.setCurrentIndex(number)
        x, y = figures.plot.line.getData()
        assert len(x) == len(y) == 3
    figures.of.setCurrentText("scratch")
    assert figures._plots.currentWidget() is not figures.plot
    filled.dress(filled.palette().color(filled.backgroundRole()))


def test_the_overlay_marks_the_right_pixels_at_any_zoom(filled):
    viewer = filled.pane.viewer
    for zoom in (0.5, 1.0, 2.7, 8.0):
        viewer.set_zoom(zoom)
        viewer.centerOn(QPointF(50, 25))
        filled.pane.shown.setCurrentIndex(2)
        bare = pixels(viewer).astype(int)
        filled.pane.shown.setCurrentIndex(0)
        laid = pixels(viewer).astype(int)
        for (row, column), code in {(25, 43): HIT, (25, 56): MISS}.items():
            place = viewer.viewportTransform().map(QPointF(column, row)).toPoint()
            change = laid[place.y(), place.x()] - bare[place.y(), place.x()]
            wanted = np.array(COLOURS[code]) - bare[place.y(), place.x()]
            assert (
                np.sign(change[np.abs(wanted) > 30]).tolist()
                == np.sign(wanted[np.abs(wanted) > 30]).tolist()
            )
        outside = viewer.viewportTransform().map(QPointF(64, 50)).toPoint()
        assert (laid[outside.y(), outside.x()] == bare[outside.y(), outside.x()]).all()


def test_kinds_are_told_apart_without_colour():
    rows = columns = np.arange(16)
    grey = {}
    for code in (HIT, ALARM, MISS):
        drawn = patterned(np.full((16, 16), code, np.uint8), rows, columns, 1.0)
        grey[code] = (drawn >> 24).astype(int)
    assert np.ptp(grey[HIT]) == 0
    assert np.ptp(grey[ALARM]) > 100 and np.ptp(grey[MISS]) > 100
    assert (grey[ALARM] != grey[MISS]).mean() > 0.3
    assert (patterned(np.zeros((4, 4), np.uint8), rows[:4], columns[:4], 1.0) == 0).all()


def test_heat_shows_probabilities(filled):
    filled.pane.shown.setCurrentIndex(2)
    bare = pixels(filled.pane.viewer)
    filled.pane.shown.setCurrentIndex(filled.pane.shown.findData(Shown.HEAT))
    assert (pixels(filled.pane.viewer) != bare).any()


def test_a_drag_moves_the_image(filled, qtbot):
    viewer = filled.pane.viewer
    viewer.set_zoom(8)
    port, before = viewer.viewport(), viewer.viewportTransform().dx()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(port, QPoint(140, 100))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=QPoint(140, 100))
    assert viewer.viewportTransform().dx() == before + 40
    qtbot.mouseMove(port, QPoint(90, 100))
    assert viewer.viewportTransform().dx() == before + 40


def test_a_viewer_without_an_image_draws_none(qtbot):
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.resize(200, 100)
    viewer.show()
    assert len(np.unique(pixels(viewer).reshape(-1, 3), axis=0)) == 1


def test_without_a_segmenter_the_page_says_what_to_do(page, qtbot):
    assert "Train one" in page.empty.text() and not page.go.isEnabled()
    with qtbot.waitSignal(page.train):
        page.more.click()


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
    qtbot.waitUntil(lambda: "found in error: 1 px" in page.pane.legend[ALARM].text(), timeout=9000)
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
    dialog, accept = asked[0]
    assert dialog.cancel.isDefault() and not dialog.go.isDefault()
    assert dialog.classes.currentText() == "hole"
    accept()
    qtbot.waitUntil(lambda: "is the label of plate 3" in looking.messages.text.text(), timeout=9000)
    project = looking.session.project
    record = next(i for i in project.images() if i.name == "plate 3")
    assert record.class_ids == (2,)
    assert not session.studio.history.undo_text, "a stroke is not undone on another label"
    qtbot.waitUntil(lambda: 2 in session.studio.document.plane.labels, timeout=9000)
    assert [one.source for one in session.project.earlier_labels(shown)] == ["painted", ""]
    dialog.deleteLater()


def test_zooming_is_for_the_image_that_is_looked_at(looking):
    viewer, canvas = looking.evaluating.pane.viewer, looking.painting.canvas
    before = viewer.zoom, canvas.zoom
    looking.actions_["view.in"].trigger()
    assert viewer.zoom == pytest.approx(1.25 * before[0]) and canvas.zoom == before[1]
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
    given, split_first = [], []

    def start(project, **options):
        given.append(options)
        return ActedJob(project, options["name"], "train_segmenter")

    monkeypatch.setattr(judging, "start_segmenter_training", start)
    monkeypatch.setattr(judging, "split", split_first.append)
    opened.actions_["segmenter.train"].trigger()
    dialog = opened.findChild(SegmenterDialog)
    dialog.page.form.editors["steps"].setValue(7)
    dialog.go.click()
    qtbot.waitUntil(lambda: opened.session.jobs.count == 1, timeout=9000)
    wanted = {"name": "segmenter-1", "item": "plate", "overrides": {"steps": "7"}}
    assert given == [{**wanted, "device": "auto"}] and split_first == [opened.session.project]


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
