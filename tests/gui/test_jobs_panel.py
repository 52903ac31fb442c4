"""Jobs in the window, with a worker that is only acted."""

import numpy as np
import pytest
from PySide6.QtWidgets import QInputDialog, QMessageBox

from defectstudio.domain import events
from defectstudio.domain.errors import JobError
from defectstudio.domain.files import to_json
from defectstudio.domain.records import Asked, JobState
from defectstudio.gui import job_control
from defectstudio.gui.dialogs.train import TrainChoice
from defectstudio.gui.panels import jobs
from defectstudio.gui.panels.curve import CurvePlot
from defectstudio.gui.panels.log_view import LogView
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.run_folder import RunWriter
from defectstudio.project.project import Project


class ActedJob(FollowedJob):
    """A job that the test works on, as the supervisor of another process does."""

    def __init__(self, project, title="acted", kind="train"):
        super().__init__(project, project.add_job(kind, title))
        self._other = project
        self._writer = RunWriter(self.record.folder)
        self.record = project.move_job(self.record.id, JobState.RUNNING)

    def say(self, event):
        self._writer.write(event)

    def progress(self, done, total, seconds_left=None):
        self._other.tell_job(self.record.id, (done, total), seconds_left)

    def end(self, state, failure=None):
        if failure is not None:
            said = (failure.reason, failure.subject, failure.remedy)
            self.say(events.Failed(type(failure).__name__, "user", *said))
        self._other.move_job(self.record.id, state, str(failure or ""))


@pytest.fixture
def started(opened, qtbot, monkeypatch):
    """The window with an acted training under way."""
    acted, given = [], []

    def start(project, order):
        given.append(order)
        acted.append(ActedJob(project))
        return acted[-1]

    monkeypatch.setattr(job_control, "start_training", start)
    opened.session.jobs.train("plate", TrainChoice("acted", "dcdganc", [], {"steps": "7"}, "cpu"))
    qtbot.waitUntil(lambda: opened.session.jobs.count == 1, timeout=9000)
    assert given[0].overrides == {"steps": "7"}
    return opened, acted[0]


def test_curves_progress_and_log_follow_the_events(started, qtbot, monkeypatch):
    window, job = started
    panel = window.jobs
    with monkeypatch.context() as patched:
        patched.setattr(panel._control, "metrics", lambda _: [events.Metrics(1, {"loss": 1.0})])
        panel._draw()
        assert panel._plots.currentIndex() == 0, "one point is no curve"
    job.say(events.Started("cpu", 40))
    for step in range(1, 41):
        job.say(events.Metrics(step, {"loss": 1 / step, "penalty": 50.0 / step}))
    job.progress(40, 40)
    job.say(events.Log("half way"))
    qtbot.waitUntil(lambda: "half way" in panel.log.text.toPlainText(), timeout=9000)
    assert "cpu" in panel.log.text.toPlainText()
    qtbot.waitUntil(lambda: panel._curve is not None, timeout=9000)
    qtbot.waitUntil(lambda: len(panel._curve._lines["loss"].getOriginalDataset()[0]) == 40)
    qtbot.waitUntil(lambda: panel._model._records[0].progress == 1.0, timeout=9000)
    assert panel.cancel.isEnabled()
    assert "1" in window.status._jobs.text()
    window.theme.wear(window.theme.tones)


def test_a_job_that_starts_up_says_so(started, qtbot):
    window, job = started
    panel, cell = window.jobs, window.jobs._model.index(0, 1)
    qtbot.waitUntil(lambda: cell.data() == "starting", timeout=9000)
    assert "starts up" in panel.log.text.placeholderText()
    assert "starts up" in panel._no_curve.text()
    assert window.status._jobs.text() == "1 job(s) starting…"
    starting = panel.table.grab().toImage()
    job.progress(0, 7)
    qtbot.waitUntil(lambda: cell.data() == "running", timeout=9000)
    assert panel.log.text.placeholderText() == "" and "appear here" in panel._no_curve.text()
    qtbot.waitUntil(lambda: window.status._jobs.text() == "1 job(s) under way", timeout=9000)
    assert panel.table.grab().toImage() != starting


def test_cancel_asks_the_job_and_offers_to_resume(started, qtbot):
    window, job = started
    project, panel = window.session.project, window.jobs
    panel.cancel.click()
    qtbot.waitUntil(lambda: project.job(job.record.id).wanted == "cancelled", timeout=9000)
    cell = panel._model.index(0, 1)
    qtbot.waitUntil(lambda: cell.data() == "running, to be cancelled", timeout=9000)
    assert not panel.cancel.isEnabled() and not panel.pause.isEnabled()
    job.end(JobState.CANCELLED)
    qtbot.waitUntil(lambda: window.session.jobs.count == 0, timeout=9000)
    qtbot.waitUntil(panel.resume.isVisible, timeout=9000)
    assert not panel.cancel.isEnabled() and not panel.pause.isVisible()
    panel.resume.click()
    # Its description is lost: the queue's supervisor says so.
    qtbot.waitUntil(lambda: cell.data() == "failed", timeout=9000)


def test_a_job_is_paused_and_comes_sooner_or_later(started, qtbot):
    window, job = started
    project, panel, cell = window.session.project, window.jobs, window.jobs._model.index(0, 1)
    assert not panel.sooner.isEnabled()
    panel.pause.click()
    qtbot.waitUntil(lambda: project.job(job.record.id).wanted == "paused", timeout=9000)
    job.end(JobState.PAUSED)
    qtbot.waitUntil(lambda: cell.data() == "paused", timeout=9000)
    assert panel.resume.isVisible() and not panel.pause.isVisible() and panel.cancel.isEnabled()
    panel.sooner.trigger()
    panel.sooner.trigger()
    qtbot.waitUntil(lambda: project.job(job.record.id).asked.priority == 1, timeout=9000)
    project.set_limit("cpu", 0)
    first = project.add_job("train", "waits", Asked(after=(job.record.id,), priority=2))
    project.move_job(first.id, JobState.QUEUED)
    newest = panel._model.index(0, 1)
    qtbot.waitUntil(lambda: newest.data() == f"queued after #{job.record.id} (+2)", timeout=9000)


def test_a_failed_job_says_why(started, qtbot):
    window, job = started
    job.end(JobState.FAILED, JobError("the memory is used up", remedy="Use a smaller batch."))
    qtbot.waitUntil(lambda: "smaller batch" in window.messages.text.text(), timeout=9000)
    assert not window.session.jobs.is_running(job.record.id)


def test_a_failed_job_says_why_in_its_row_and_can_go_on(started, qtbot):
    window, job = started
    (job.record.folder / "log.txt").write_text("Traceback: at the end", encoding="utf-8")
    job.end(JobState.FAILED, JobError("the memory is used up", remedy="Use a smaller batch."))
    panel = window.jobs
    qtbot.waitUntil(lambda: "smaller batch" in panel.message.text(), timeout=9000)
    qtbot.waitUntil(lambda: "Traceback" in panel.log.text.toPlainText(), timeout=9000)
    assert panel.message.isVisible() and panel.message.property("role") == "error"
    assert panel.resume.isVisible() and panel.resume.text() == "Resume"


def test_time_left_is_shown(started, qtbot):
    window, job = started
    job.progress(20, 40, 20.0)
    cell = window.jobs._model.index(0, 3)
    qtbot.waitUntil(lambda: cell.data() == "20 s left", timeout=9000)
    job.end(JobState.DONE)
    qtbot.waitUntil(lambda: ":" in (cell.data() or ""), timeout=9000)


def test_a_job_of_another_program_is_followed(opened, qtbot, monkeypatch):
    monkeypatch.setattr(job_control, "KEEP_SECONDS", 0.1)
    monkeypatch.setattr(job_control, "IDLE_MS", 50)
    project, model = opened.session.project, opened.jobs._model
    with Project.open(project.root) as other:
        job = other.add_job("train", "elsewhere")
        other.move_job(job.id, JobState.RUNNING)
        other.tell_job(job.id, (1, 4))
        qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=9000)
        cell = model.index(0, 1)
        qtbot.waitUntil(lambda: cell.data() == "running", timeout=9000)
        assert opened.jobs.cancel.isEnabled() and model._records[0].progress == 0.25
        other.tell_job(job.id, (2, 4))
        qtbot.waitUntil(lambda: model._records[0].progress == 0.5, timeout=9000)
    # That program has ended before its job did.
    qtbot.waitUntil(lambda: cell.data() == "interrupted", timeout=9000)


def test_the_log_is_filtered_by_level_and_words(qtbot):
    view = LogView()
    qtbot.addWidget(view)
    view.show_log("info: begins\nwarning: half is missing\nTraceback: x")
    view.add("notice: takes 3 min")
    assert view.text.toPlainText().count("\n") == 3
    view.level.setCurrentIndex(1)
    assert view.text.toPlainText() == "warning: half is missing\nnotice: takes 3 min"
    view.words.setText("HALF")
    assert view.text.toPlainText() == "warning: half is missing"
    view.add("warning: another half")
    view.add("info: half")
    assert view.text.toPlainText().endswith("another half")
    formats = view.text.document().firstBlock().layout().formats()
    assert formats[0].format.fontWeight() > 500, "a warning is told by more than its colour"


def test_a_finished_job_is_deleted_when_a_person_says_so(started, qtbot, monkeypatch):
    window, job = started
    panel = window.jobs
    assert not panel.delete.isEnabled(), "a running job is not deleted"
    (job.record.folder / "log.txt").write_text("info: long ago\n", encoding="utf-8")
    job.end(JobState.DONE)
    qtbot.waitUntil(panel.delete.isEnabled, timeout=9000)
    monkeypatch.setattr(jobs, "may_delete", lambda _parent, _job: False)
    panel.delete.trigger()
    assert job.record.folder.exists()
    monkeypatch.setattr(jobs, "may_delete", lambda _parent, _job: True)
    panel.delete.trigger()
    qtbot.waitUntil(lambda: panel._model.rowCount() == 0, timeout=9000)
    assert not job.record.folder.exists() and window.session.project.jobs() == []


def test_a_job_that_is_over_says_its_size_and_is_renamed(started, opened, qtbot):
    panel, job = opened.jobs, started[1]
    assert not panel.rename.isEnabled(), "it runs"
    (job.record.folder / "big").write_bytes(b"x" * 5000)
    job.end(JobState.DONE)
    qtbot.waitUntil(panel.rename.isEnabled)
    panel.table.setCurrentIndex(panel._model.index(-1, 0))
    panel.table.setCurrentIndex(panel._model.index(0, 0))
    qtbot.waitUntil(lambda: panel.folder.text().endswith(" kB"))
    panel.rename.trigger()
    [ask] = panel.findChildren(QInputDialog)
    assert ask.textValue() == "acted"
    ask.setTextValue("by hand")
    ask.accept()
    qtbot.waitUntil(lambda: "by hand" in panel._model.index(0, 0).data())


def test_deleting_a_job_is_not_the_default(qtbot, opened, monkeypatch):
    asked = []

    def answer(box):
        asked.append(box)

    monkeypatch.setattr(QMessageBox, "exec", answer)
    job = opened.session.project.add_job("train", "acted")
    assert not jobs.may_delete(opened, job)
    assert asked[0].defaultButton() is asked[0].button(QMessageBox.StandardButton.Cancel)
    opened.session.project.move_job(job.id, JobState.DONE)


def test_folder_and_report_are_opened_where_the_system_shows_them(started, qtbot, monkeypatch):
    window, job = started
    shown = []
    monkeypatch.setattr(jobs.QDesktopServices, "openUrl", lambda url: shown.append(url.fileName()))
    window.jobs.folder.trigger()
    page = job.record.folder / "report" / "enlarge.html"
    page.parent.mkdir()
    page.write_text("<p>helps</p>", encoding="utf-8")
    job.end(JobState.DONE)
    qtbot.waitUntil(window.jobs.report.isEnabled, timeout=9000)
    window.jobs.report.trigger()
    assert shown == [job.record.folder.name, "enlarge.html"]


def test_a_job_of_earlier_days_is_read_when_it_is_chosen(opened, qtbot):
    project = opened.session.project
    old, new = project.add_job("train", "old"), project.add_job("evaluate", "eye on test")
    (old.folder / "log.txt").write_text("warning: it was slow\n", encoding="utf-8")
    for step in (1, 2):
        with (old.folder / "metrics.jsonl").open("a") as sink:
            sink.write(to_json(events.Metrics(step, {"loss": 1.0})) + "\n")
    project.move_job(old.id, JobState.DONE)
    project.move_job(new.id, JobState.CANCELLED)
    panel = opened.jobs
    qtbot.waitUntil(lambda: panel._model.rowCount() == 2, timeout=9000)
    qtbot.waitUntil(lambda: panel.resume.text() == "Start again", timeout=9000)
    panel.table.setCurrentIndex(panel._model.index(1, 0))
    qtbot.waitUntil(lambda: "slow" in panel.log.text.toPlainText(), timeout=9000)
    qtbot.waitUntil(lambda: panel._curve is not None, timeout=9000)
    assert not panel.resume.isVisible()


def test_what_cannot_start_again_is_told(opened, qtbot, monkeypatch):
    monkeypatch.setattr(job_control, "IDLE_MS", 50)
    project = opened.session.project
    job = project.add_job("evaluate", "eye on test")
    project.move_job(job.id, JobState.FAILED, "no")
    panel = opened.jobs
    qtbot.waitUntil(panel.resume.isVisible, timeout=9000)
    panel.resume.click()
    qtbot.waitUntil(lambda: panel._model.index(0, 1).data() == "failed", timeout=9000)
    qtbot.waitUntil(lambda: "Start it anew" in opened.messages.text.text(), timeout=9000)


def test_a_finished_training_is_announced(started, qtbot):
    window, job = started
    job.end(JobState.DONE)
    qtbot.waitUntil(lambda: "trained" in window.messages.text.text(), timeout=9000)


@pytest.mark.parametrize(("answer", "wanted"), [(True, ""), (False, "paused")])
def test_closing_asks_whether_jobs_go_on(started, monkeypatch, answer, wanted):
    window, _job = started
    monkeypatch.setattr(window.commands, "may_leave_jobs", lambda count: None)
    assert not window.close() and window.session is not None
    monkeypatch.setattr(window.commands, "may_leave_jobs", lambda count: answer)
    told = []
    monkeypatch.setattr(
        type(window.session.project), "ask_job", lambda _self, *how: told.append(how)
    )
    assert window.close_project()
    assert [to.value for _, to in told] == ([wanted] if wanted else [])


def test_to_leave_jobs_is_the_default(opened, monkeypatch):
    asked = []

    def answer(box):
        asked.append(box)
        box.setProperty("clicked", len(asked))

    monkeypatch.setattr(QMessageBox, "exec", answer)
    places = ["Let them go on", "Pause jobs", "Cancel"]
    for number, expected in enumerate((True, False, None)):
        monkeypatch.setattr(
            QMessageBox,
            "clickedButton",
            lambda box, n=number: next(
                b for b in box.buttons() if b.text().strip("&") == places[n]
            ),
        )
        assert type(opened.commands).may_leave_jobs(opened.commands, 2) is expected
    assert asked[0].defaultButton().text() == places[0] and "2 job(s)" in asked[0].text()


def test_a_training_that_cannot_start_is_told(opened, qtbot):
    opened.session.jobs.train("plate", TrainChoice("first", "paste", [], {}, "cpu"))
    qtbot.waitUntil(opened.messages.isVisible, timeout=9000)
    assert "generator of this name" in opened.messages.text.text()


def test_the_open_defect_becomes_a_reference_at_once(
    opened, qtbot, monkeypatch, tmp_path, make_generator
):
    acted, given = [], []

    def start(project, order):
        given.append(order)
        acted.append(ActedJob(project, order.name))
        return acted[-1]

    monkeypatch.setattr(job_control, "start_training", start)
    opened.commands.match_reference()
    qtbot.waitUntil(lambda: "paint its mask" in opened.messages.text.text(), timeout=9000)
    assert not given
    session = opened.session
    defect = next(i for i in session.project.images() if i.class_ids)
    session.documents.open(defect.id)
    qtbot.waitUntil(lambda: session.studio.document.record.id == defect.id, timeout=9000)
    session.studio.choose_class(session.studio.classes[0].id)
    session.studio.start_stroke(60, 60, erase=False)
    session.studio.end_stroke()
    opened.commands.match_reference()
    qtbot.waitUntil(lambda: session.jobs.count == 1, timeout=9000)
    # what was painted a moment ago is the reference's mask already
    assert len(session.project.image(defect.id).class_ids) == 2
    assert (given[0].kind, given[0].references) == ("histmatch", [defect.name])
    card = make_generator(tmp_path / "made", {1: "scratch", 2: "hole"})
    session.project.add_generator(session.item.id, given[0].name, "histmatch", card)
    acted[0].end(JobState.DONE)
    qtbot.waitUntil(lambda: session.studio.generator.kind == "histmatch", timeout=9000)
    assert session.studio.blend.mode == "alpha"


def test_a_logarithmic_axis_names_so_few_values_that_none_overlap(qtbot):
    plot = CurvePlot()
    qtbot.addWidget(plot)
    axis = plot.plot.getAxis("left")
    values = np.log10([0.1, *np.arange(0.2, 1, 0.1), 1, 2, 3, 5, 9])
    named = [text for text in axis.logTickStrings(values, 1, 1) if text]
    assert [float(text) for text in named] == [0.1, 0.2, 0.5, 1, 2, 5]
    plot.end()
