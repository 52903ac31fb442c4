"""What the status bar says of jobs is never older than it need be."""

from defectstudio.domain.records import JobState
from tests.gui.test_jobs_panel import ActedJob, started  # noqa: F401 - a fixture


def test_a_fault_in_what_hears_of_an_end_does_not_stop_the_looking(started, qtbot):  # noqa: F811
    window, job = started
    status = window.status._jobs
    qtbot.waitUntil(lambda: status.text() != "", timeout=9000)

    def break_down(table):
        if table == "generators":
            raise ValueError("a fault")

    project = window.session.project
    project.changed.connect(break_down)
    with qtbot.captureExceptions() as faults:
        job.end(JobState.DONE)
        qtbot.waitUntil(lambda: bool(faults), timeout=9000)
        project.changed.disconnect(break_down)
        qtbot.waitUntil(lambda: status.text() == "", timeout=9000)
    later = ActedJob(project)
    qtbot.waitUntil(lambda: window.session.jobs.count == 1, timeout=9000)
    assert status.text() != ""
    later.end(JobState.DONE)
    qtbot.waitUntil(lambda: status.text() == "", timeout=9000)


def test_the_status_does_not_wait_for_the_next_look(started, qtbot):  # noqa: F811
    window, job = started
    status = window.status._jobs
    qtbot.waitUntil(lambda: status.text() != "", timeout=9000)
    window.session.jobs.close()  # it looks no more
    job.end(JobState.DONE)
    window.session._read_due()
    assert status.text() == "" and window.session.jobs.count == 0
