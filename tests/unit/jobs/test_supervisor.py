"""What people want of the queue, and what may happen to its supervisor."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

import psutil
import pytest
from filelock import FileLock

from defectstudio.domain import events
from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.records import Asked, JobState
from defectstudio.jobs import earlier, running
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.launching import about, is_supervised
from defectstudio.jobs.supervisor import Supervisor
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
    jobs = [bench.queue("long") for _ in range(3)]
    io = bench.queue("long", "here", slot="disk")
    bench.project.set_limit("cpu", 2)
    bench.project.set_limit("user", 2)
    bench.start()
    until(lambda: len(bench.project.live_jobs()) == 2)
    assert [job.id for job in bench.project.live_jobs()] == [1, 2]
    bench.project.set_limit("user", 0)
    until(lambda: [job.id for job in bench.project.live_jobs()] == [1, 2, 4])
    assert [job.place for job in bench.project.live_jobs()] == ["cpu", "cpu", "disk"]
    for job in (*jobs, io):
        job.cancel()
    assert all(job.wait(20).state is JobState.CANCELLED for job in (*jobs, io))


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
    supervisor = bench.start()
    job = bench.queue("long")
    until(lambda: runs(job))
    supervisor.stop()
    until(lambda: not is_supervised(project.root))
    job.look()
    assert job.record.state is JobState.QUEUED
    bench.start()
    until(lambda: job.look() or job.record.state is JobState.RUNNING)


@posix
def test_a_hung_worker_is_ended_and_started_again(bench, monkeypatch):
    monkeypatch.setattr(running, "BACKOFF_SECONDS", 0.01)
    bench.start(replace(QUICK, silent=0.3))
    job = bench.queue("deaf", retries=1)
    assert job.wait(20).state is JobState.INTERRUPTED
    assert "no sign of life" in job.record.message
    assert (job.record.folder / "events.jsonl").read_text().count('"Started"') == 2


@posix
def test_a_worker_that_lives_but_comes_no_further_is_ended(bench):
    bench.start(replace(QUICK, still=0.5))
    job = bench.queue("breathes")
    assert job.wait(20).state is JobState.INTERRUPTED
    assert "came no further" in job.record.message and job.record.memory == 1 << 20


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
@pytest.mark.parametrize("known", [True, False])
def test_a_worker_that_stays_is_ended_where_it_is_known(bench, monkeypatch, known):
    monkeypatch.setattr(earlier, "_CHECKPOINT_SECONDS", 0.1)
    monkeypatch.setattr(earlier, "_RUN_LOCK_SECONDS", 1.0 if not known else 20.0)
    record = bench.project.add_job("act", "good", Asked({"name": "good"}))
    code = f"""
import sys, time
from filelock import FileLock
with FileLock({str(record.folder / "run.lock")!r}):
    print("held", flush=True)
    time.sleep(60)
"""
    with ExitStack() as ends:
        stays = ends.enter_context(psutil.Popen([sys.executable, "-c", code], stdout=-1, text=True))
        ends.callback(lambda: gone(stays.pid) or stays.send_signal(signal.SIGKILL))
        assert stays.stdout.readline() == "held\n"
        earlier.note_worker(record.folder, stays.pid)
        if not known:  # the process id was given again
            write_json(record.folder / "worker.json", {"pid": stays.pid, "began": 1.0})
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
