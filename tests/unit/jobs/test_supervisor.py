"""What people want of the queue, and what may happen to its supervisor."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest
from filelock import FileLock

from defectstudio.domain import events
from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.records import Asked, JobState
from defectstudio.jobs import earlier, running, supervisor
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.launching import about, is_supervised
from defectstudio.jobs.supervisor import Supervisor
from defectstudio.project import jobs
from defectstudio.project.project import Project
from tests.unit.jobs.bench import QUICK, gone, pid_of, runs, until

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")

# --- what people want of it


@posix
def test_cancel_stops_the_worker_frees_the_slot_and_the_next_starts(at_work):
    job, following = at_work.queue("long"), at_work.queue("good")
    until(lambda: runs(job))
    pid = pid_of(job)
    began = time.monotonic()
    job.cancel()
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED
    assert gone(pid) and time.monotonic() - began < 5
    assert following.wait(20).state is JobState.DONE
    with pytest.raises(JobError, match="is cancelled"):
        at_work.project.ask_job(job.record.id, JobState.CANCELLED)


@posix
def test_a_deaf_worker_is_killed_within_five_seconds(at_work):
    job = at_work.queue("deaf")
    pid = pid_of(job)
    until(lambda: job.look() or job.record.state is JobState.RUNNING)
    began = time.monotonic()
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED
    assert gone(pid) and time.monotonic() - began < 5.5


def test_a_paused_job_goes_on(at_work):
    job, other = at_work.queue("long"), at_work.queue("good")
    until(lambda: runs(job))
    at_work.project.ask_job(1, JobState.PAUSED)
    assert job.wait(20).state is JobState.PAUSED
    assert other.wait(20).state is JobState.DONE, "its slot was free"
    at_work.project.move_job(1, JobState.QUEUED)
    until(lambda: job.look() or job.record.state is JobState.RUNNING)
    at_work.project.ask_job(1, JobState.PAUSED)
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED


def test_an_inline_job_is_done_and_cancelled(at_work):
    assert at_work.queue("good", "here", slot="disk").wait(20).message == "4000 things"
    job = at_work.queue("long", "here", slot="disk")
    until(lambda: job.look() or job.record.steps[0] > 2)
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED


def test_slots_and_users_have_their_limits(bench):
    three = [bench.queue("long") for _ in range(3)]
    io = bench.queue("long", "here", slot="disk")
    bench.project.set_limit("cpu", 2)
    bench.project.set_limit("user", 2)
    bench.start()
    until(lambda: len(bench.project.live_jobs()) == 2)
    assert [job.id for job in bench.project.live_jobs()] == [1, 2]
    bench.project.set_limit("user", 0)
    until(lambda: [job.id for job in bench.project.live_jobs()] == [1, 2, 4])
    assert [job.place for job in bench.project.live_jobs()] == ["cpu", "cpu", "disk"]
    for job in (*three, io):
        job.cancel()
    assert all(job.wait(20).state is JobState.CANCELLED for job in (*three, io))


# --- what may happen to it


def test_one_supervisor_a_project(at_work, project):
    assert is_supervised(project.root)
    with Project.open(project.root) as other:
        assert not Supervisor(other, {}).run()
    until(lambda: about(project.root) is not None)
    assert about(project.root)["pid"] == os.getpid()


def test_it_ends_when_there_is_nothing_to_do(bench, project):
    bench.start(replace(QUICK, idle=0.1))
    until(lambda: not is_supervised(project.root))


def test_it_ends_when_the_project_is_moved(bench, project, tmp_path):
    bench.start()
    project.root.rename(tmp_path / "elsewhere")
    until(lambda: not is_supervised(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").rename(project.root)


def test_a_stopped_supervisor_queues_its_jobs_for_the_next(bench, project):
    first = bench.start()
    job = bench.queue("long")
    until(lambda: runs(job))
    first.stop()
    until(lambda: not is_supervised(project.root))
    job.look()
    assert job.record.state is JobState.QUEUED
    bench.start()
    until(lambda: job.look() or job.record.state is JobState.RUNNING)


def state_of(job):
    job.look()
    return job.record.state


class Clock:
    """The seconds of supervisor and runs, and how often it looked."""

    def __init__(self, monkeypatch):
        self.ahead, self.looks = 0.0, 0
        shown = SimpleNamespace(monotonic=lambda: time.monotonic() + self.ahead, time=time.time)
        for module in (supervisor, running):
            monkeypatch.setattr(module, "time", shown)
        monkeypatch.setattr(Supervisor, "look", self._look(Supervisor.look))

    def _look(self, own):
        def look(self_):
            found = own(self_)
            self.looks += 1
            return found

        return look

    def passes(self, seconds):
        """At once, as for a machine that slept; the supervisor has looked twice since."""
        self.ahead += seconds
        seen = self.looks
        until(lambda: self.looks > seen + 1)

    def runs_until(self, check):
        """In steps between which it looks, as for a machine that is awake."""
        while not check():
            self.passes(5)


@posix
def test_a_hung_worker_is_ended_and_started_again_but_not_for_the_hours_its_machine_slept(
    bench, monkeypatch
):
    monkeypatch.setattr(running, "BACKOFF_SECONDS", 0.01)
    clock = Clock(monkeypatch)
    bench.start(replace(QUICK, silent=60))
    job = bench.queue("deaf", retries=1)
    told = job.record.folder / "events.jsonl"
    begun = lambda: told.read_text().count('"Started"') if told.exists() else 0  # noqa: E731
    for times in (1, 2):
        until(lambda times=times: begun() == times)
        for _ in range(3):
            clock.passes(8 * 3600)
        assert state_of(job) is JobState.RUNNING
        clock.runs_until(lambda: state_of(job) is not JobState.RUNNING)
    assert job.wait(20).state is JobState.INTERRUPTED and begun() == 2
    assert "no sign of life" in job.record.message


@posix
def test_a_worker_that_lives_but_comes_no_further_is_ended(bench, monkeypatch):
    clock = Clock(monkeypatch)
    bench.start(replace(QUICK, still=60))
    job = bench.queue("breathes")
    until(lambda: state_of(job) is JobState.RUNNING and job.record.memory == 1 << 20)
    clock.runs_until(lambda: state_of(job) is not JobState.RUNNING)
    assert job.wait(20).state is JobState.INTERRUPTED
    assert "came no further" in job.record.message


def test_a_folder_nobody_may_write_ends_neither_supervisor_nor_watcher(bench, project, monkeypatch):
    """The system refuses locks, heartbeat and even the log; later it is as if nothing had been."""
    said = []

    def complain(text):
        said.append(text)
        raise PermissionError(errno.EPERM, "Operation not permitted")

    def refused(*_given, **_more):
        raise PermissionError(errno.EROFS, "Read-only file system", "somewhere")

    bench.start(complain=complain)
    job = bench.queue("long")
    until(lambda: runs(job))
    with monkeypatch.context() as patch:
        patch.setattr(jobs.FileLock, "acquire", refused)
        patch.setattr(supervisor, "to_json", refused)
        assert project.settle_orphans() == []
        with pytest.raises(JobError, match="Read-only"):
            project.add_job("act", "good")
        until(lambda: len(said) > 2)
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED


def test_a_database_that_is_locked_delays_and_loses_nothing(bench, project, monkeypatch):
    said = []
    bench.start(complain=said.append)
    job = bench.queue("long")
    until(lambda: runs(job))
    real, refused = Project.move_job, []

    def locked(self, job_id, to, *how, **more):
        if to is JobState.CANCELLED and len(refused) < 2:
            refused.append(to)
            raise ProjectError("another program keeps the project locked")
        return real(self, job_id, to, *how, **more)

    def unread(_self):
        raise ProjectError("another program keeps the project locked")

    monkeypatch.setattr(running, "_ROW_SECONDS", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(Project, "live_jobs", unread)
        until(lambda: said)
    monkeypatch.setattr(Project, "move_job", locked)
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED and len(refused) == 2


def test_a_run_waits_for_the_worker_of_a_supervisor_that_died(at_work):
    record = at_work.project.add_job("act", "good", Asked({"name": "good"}))
    with FileLock(record.folder / "run.lock"):
        at_work.project.move_job(record.id, JobState.QUEUED)
        until(lambda: at_work.project.job(1).state is JobState.STARTING)
    assert FollowedJob(at_work.project, record).wait(20).state is JobState.DONE


@posix
@pytest.mark.parametrize(("known", "locks"), [(True, True), (True, False), (False, True)])
def test_a_worker_that_stays_is_ended_where_it_is_known(bench, monkeypatch, known, locks):
    monkeypatch.setattr(earlier, "_CHECKPOINT_SECONDS", 0.1)
    monkeypatch.setattr(earlier, "_RUN_LOCK_SECONDS", 1.0 if not known else 20.0)
    record = bench.project.add_job("act", "good", Asked({"name": "good"}))
    code = f"""
import sys, time
from filelock import FileLock
with FileLock({str(record.folder / ("run.lock" if locks else "other.lock"))!r}):
    print("held", flush=True)
    time.sleep(60)
"""
    with ExitStack() as ends:
        job = record.folder / ("job.json" if known else "another.json")  # the id was given again
        line = [sys.executable, "-c", code, str(job)]
        stays = ends.enter_context(psutil.Popen(line, stdout=-1, text=True))
        ends.callback(lambda: gone(stays.pid) or stays.send_signal(signal.SIGKILL))
        assert stays.stdout.readline() == "held\n"
        earlier.note_worker(record.folder, stays.pid)
        bench.project.move_job(record.id, JobState.QUEUED)
        bench.start()
        job = FollowedJob(bench.project, record)
        expected = JobState.DONE if known else JobState.FAILED
        assert job.wait(30).state is expected
        assert gone(stays.pid) is known


def test_a_folder_that_was_deleted_underneath_is_made_again(at_work):
    job = at_work.queue("long")
    until(lambda: runs(job))
    pid_of(job)
    shutil.rmtree(job.record.folder)
    at_work.project.ask_job(1, JobState.CANCELLED)
    assert job.wait(20).state in (JobState.CANCELLED, JobState.FAILED)


def test_a_torn_line_of_a_dead_writer_is_closed(at_work):
    record = at_work.project.add_job("act", "good", Asked({"name": "good"}))
    (record.folder / "events.jsonl").write_text('{"event": "Log", "te')
    job = FollowedJob(at_work.project, record, from_end=False)
    at_work.project.move_job(record.id, JobState.QUEUED)
    heard = []
    assert job.wait(20, heard.append).state is JobState.DONE
    assert events.Finished({"steps": 4}) in heard and events.Started("cpu", 4) in heard
