"""Jobs in the window, with a worker that is only acted."""

import threading

import pytest
from psygnal import Signal

from defectstudio.domain import events
from defectstudio.domain.errors import JobError
from defectstudio.domain.records import JobState
from defectstudio.gui import job_control
from defectstudio.gui.dialogs.train import TrainChoice


class ActedJob:
    """A running job whose events the test sends from a thread, as a real one does."""

    event = Signal(object)
    ended = Signal(object)

    def __init__(self, project, title="acted"):
        self.project, self.failure, self.asked = project, None, []
        self.record = project.add_job("train", title)
        self.record = project.update_job(self.record.id, state=JobState.RUNNING)

    def say(self, event):
        self._aside(lambda: self.event.emit(event))

    def end(self, state, failure=None):
        self.failure = failure
        message = str(failure or "")
        self.record = self.project.update_job(self.record.id, state=state, message=message)
        self._aside(lambda: self.ended.emit(self.record))

    def cancel(self):
        self.asked.append("cancel")
        self.end(JobState.CANCELLED)

    def interrupt(self):
        self.asked.append("interrupt")
        self.record = self.project.update_job(self.record.id, state=JobState.INTERRUPTED)

    def wait(self, _timeout=None):
        return self.record

    def _aside(self, call):
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()


@pytest.fixture
def started(opened, qtbot, monkeypatch):
    """The window with an acted training under way."""
    acted, given = [], []

    def start(project, **options):
        given.append(options)
        acted.append(ActedJob(project))
        return acted[-1]

    monkeypatch.setattr(job_control, "start_training", start)
    opened.session.jobs.train(
        "plate", TrainChoice("acted", "dcdganc", [], {"steps": "7"}, "cpu", False)
    )
    qtbot.waitUntil(lambda: opened.session.jobs.count == 1, timeout=9000)
    assert given[0]["overrides"] == {"steps": "7"}
    return opened, acted[0]


def test_curves_progress_and_log_follow_the_events(started, qtbot):
    window, job = started
    jobs = window.jobs
    job.say(events.Started("cpu", 40))
    for step in range(1, 41):
        job.say(events.Metrics(step, {"loss": 1 / step, "penalty": 50.0 / step}))
        job.say(events.Progress(step, 40))
    job.say(events.Log("half way"))
    qtbot.waitUntil(lambda: "half way" in jobs.log.toPlainText(), timeout=9000)
    assert "cpu" in jobs.log.toPlainText()
    qtbot.waitUntil(lambda: jobs._curve is not None, timeout=9000)
    qtbot.waitUntil(lambda: len(jobs._curve._lines["loss"].getOriginalDataset()[0]) == 40)
    assert jobs._model._records[0].progress == 1.0
    assert jobs.cancel.isEnabled()
    assert "1" in window.status._jobs.text()
    window._theme.wear(window._theme.tones)


def test_cancel_asks_the_job_and_offers_to_resume(started, qtbot):
    window, job = started
    window.jobs.cancel.click()
    assert job.asked == ["cancel"]
    qtbot.waitUntil(lambda: window.session.jobs.count == 0, timeout=9000)
    qtbot.waitUntil(window.jobs.resume.isVisible, timeout=9000)
    assert not window.jobs.cancel.isEnabled()
    window.jobs.resume.click()
    qtbot.waitUntil(lambda: window.session.jobs.count == 1, timeout=9000)


def test_a_failed_job_says_why(started, qtbot):
    window, job = started
    job.end(JobState.FAILED, JobError("the memory is used up", remedy="Use a smaller batch."))
    qtbot.waitUntil(lambda: "smaller batch" in window.messages.text.text(), timeout=9000)
    assert not window.session.jobs.is_running(job.record.id)


def test_a_finished_training_is_announced(started, qtbot):
    window, job = started
    job.end(JobState.DONE)
    qtbot.waitUntil(lambda: "trained" in window.messages.text.text(), timeout=9000)


def test_closing_asks_and_interrupts_running_jobs(started, qtbot, monkeypatch):
    window, job = started
    monkeypatch.setattr(window.commands, "may_stop_jobs", lambda count: False)
    assert not window.close() and window.session is not None
    monkeypatch.setattr(window.commands, "may_stop_jobs", lambda count: True)
    assert window.close_project()
    assert job.asked == ["interrupt"]


def test_a_training_that_cannot_start_is_told(opened, qtbot):
    opened.session.jobs.train("plate", TrainChoice("x", "dcdganc", [], {}, "cpu", False))
    qtbot.waitUntil(opened.messages.isVisible, timeout=9000)
    assert "split" in opened.messages.text.text()


def test_the_open_defect_becomes_a_reference_at_once(
    opened, qtbot, monkeypatch, tmp_path, make_generator
):
    acted, given = [], []

    def start(project, **options):
        given.append(options)
        acted.append(ActedJob(project, options["name"]))
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
    assert (given[0]["kind"], given[0]["references"]) == ("histmatch", [defect.name])
    card = make_generator(tmp_path / "made", {1: "scratch", 2: "hole"})
    session.project.add_generator(session.item.id, given[0]["name"], "histmatch", card)
    acted[0].end(JobState.DONE)
    qtbot.waitUntil(lambda: session.studio.generator.kind == "histmatch", timeout=9000)
    assert session.studio.blend.mode == "alpha"
