from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from defectstudio.domain import events
from defectstudio.domain.errors import (
    CheckpointError,
    InternalError,
    JobError,
    SettingError,
)
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.domain.specs import TrainSpec
from defectstudio.jobs import running
from defectstudio.jobs.running import RunningJob, resume_job, start_job

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def spec(act: str):
    def make(run: Path) -> TrainSpec:
        return TrainSpec(run, act, "tile", {1: "crack"}, (), "train", DcdgancConfig())

    return make


def accept(record: JobRecord, finished: events.Finished) -> None:
    """Take everything."""


def start(rows, act: str, take=accept) -> RunningJob:
    return start_job(rows, "train", act, spec(act), take)


def until(check, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_good_run_is_done_and_its_signals_came(rows):
    job = start(rows, "good")
    heard: list[object] = []
    ended: list[JobRecord] = []
    job.event.connect(heard.append)
    job.ended.connect(ended.append)
    record = job.wait(20)
    assert record.state is JobState.DONE
    assert record.progress == 1.0
    assert job.summary == {"steps": 4}
    assert events.Progress(4, 4) in heard
    assert isinstance(heard[-1], events.Finished)
    assert ended == [record]
    assert rows.records[1].state is JobState.DONE
    assert job.result() == record
    assert "info: nice weather" in (record.folder / "log.txt").read_text()


def test_the_owner_lock_is_held_for_the_life_of_the_job(rows):
    job = start(rows, "long")
    lock = FileLock(job.record.folder / "owner.lock")
    with pytest.raises(Timeout):
        lock.acquire(timeout=0)
    job.cancel()
    job.wait(20)
    with lock.acquire(timeout=0):
        pass


def test_noise_on_stdout_goes_to_the_log(rows):
    record = start(rows, "noise").wait(20)
    assert record.state is JobState.DONE
    assert "a library says hello" in (record.folder / "log.txt").read_text()


def test_a_user_fault_keeps_its_three_parts(rows):
    job = start(rows, "fails")
    assert job.wait(20).state is JobState.FAILED
    with pytest.raises(SettingError) as caught:
        job.result()
    assert (caught.value.subject, caught.value.remedy) == ("batch", "Choose fewer.")
    assert "the batch is too large" in rows.records[1].message
    assert "traceback here" in (job.record.folder / "log.txt").read_text()


@pytest.mark.parametrize(
    ("act", "said"),
    [("breaks", "this is a bug"), ("silent", "exit code 0"), ("liar", "exit code 7")],
)
def test_a_worker_without_a_result_has_failed(rows, act, said):
    job = start(rows, act)
    assert job.wait(20).state is JobState.FAILED
    assert said in job.record.message
    with pytest.raises(InternalError):
        job.result()


@posix
def test_a_worker_killed_from_outside_is_interrupted(rows):
    job = start(rows, "killed")
    assert job.wait(20).state is JobState.INTERRUPTED
    assert "SIGKILL" in job.record.message


@posix
def test_a_worker_that_crashed_has_failed(rows):
    job = start(rows, "segfault")
    assert job.wait(20).state is JobState.FAILED
    assert "SIGSEGV" in job.record.message


@posix
def test_a_grandchild_with_our_pipe_does_not_hold_the_job(rows, monkeypatch):
    monkeypatch.setattr("defectstudio.jobs.process._DRAIN_SECONDS", 0.3)
    started = time.monotonic()
    assert start(rows, "grandchild").wait(20).state is JobState.INTERRUPTED
    assert time.monotonic() - started < 10


def test_cancel_stops_the_worker_and_says_so(rows):
    job = start(rows, "long")
    until(lambda: job.record.progress > 0 or rows.writes > 1)
    job.cancel()
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED
    assert rows.records[1].state is JobState.CANCELLED
    job.cancel()


def test_interrupt_is_what_the_death_of_the_owner_would_be(rows):
    job = start(rows, "long")
    until(lambda: rows.writes > 1)
    job.interrupt()
    assert job.wait(20).state is JobState.INTERRUPTED


@posix
def test_a_deaf_worker_is_terminated_then_killed(rows, monkeypatch):
    patience = running.WorkerProcess.stop
    monkeypatch.setattr(running.WorkerProcess, "stop", lambda self: patience(self, 0.2, 0.2))
    job = start(rows, "deaf")
    started: list[object] = []
    job.event.connect(started.append)
    until(lambda: started)
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED


def test_resume_uses_the_same_folder_and_row(rows):
    first = start(rows, "long")
    until(lambda: rows.writes > 1)
    first.interrupt()
    record = first.wait(20)
    second = resume_job(rows, record, spec("good")(record.folder), accept)
    assert second.wait(20).state is JobState.DONE
    assert list(rows.records) == [1]


def test_a_job_that_runs_cannot_be_resumed(rows):
    job = start(rows, "long")
    with pytest.raises(JobError, match="running already"):
        resume_job(rows, job.record, spec("good")(job.record.folder), accept)
    job.cancel()
    job.wait(20)


def test_resume_waits_for_the_worker_of_an_owner_that_died(rows):
    record = rows.add_job("train", "good")
    lock = FileLock(record.folder / "run.lock")
    lock.acquire()
    job = resume_job(rows, record, spec("good")(record.folder), accept)
    assert job.wait(0.5).state is JobState.RUNNING
    lock.release()
    assert job.wait(20).state is JobState.DONE


def test_resume_gives_up_on_a_worker_that_never_ends(rows, monkeypatch):
    monkeypatch.setattr(running, "_RUN_LOCK_SECONDS", 0.3)
    record = rows.add_job("train", "good")
    with FileLock(record.folder / "run.lock"):
        job = resume_job(rows, record, spec("good")(record.folder), accept)
        assert job.wait(20).state is JobState.FAILED
    assert "earlier worker" in job.record.message


def test_cancel_while_waiting_starts_nothing(rows):
    record = rows.add_job("train", "good")
    with FileLock(record.folder / "run.lock"):
        job = resume_job(rows, record, spec("good")(record.folder), accept)
        job.cancel()
        assert job.wait(20).state is JobState.CANCELLED
    assert not (record.folder / "log.txt").exists()


def test_what_is_not_accepted_has_failed(rows):
    def refuse(record: JobRecord, finished: events.Finished) -> None:
        raise CheckpointError("the weights are missing", subject=record.folder)

    job = start(rows, "good", refuse)
    assert job.wait(20).state is JobState.FAILED
    with pytest.raises(CheckpointError):
        job.result()


def test_a_bug_while_accepting_is_our_fault(rows):
    def stumble(record: JobRecord, finished: events.Finished) -> None:
        raise ZeroDivisionError

    job = start(rows, "good", stumble)
    assert job.wait(20).state is JobState.FAILED
    with pytest.raises(InternalError, match="watching the job failed"):
        job.result()
    assert "ZeroDivisionError" in (job.record.folder / "log.txt").read_text()


def test_a_listener_that_raises_does_not_end_the_job(rows):
    def stumble(value: object) -> None:
        raise ZeroDivisionError

    job = start(rows, "good")
    job.event.connect(stumble)
    assert job.wait(20).state is JobState.DONE
    assert "ZeroDivisionError" in (job.record.folder / "log.txt").read_text()


def test_a_project_closed_under_the_job_ends_it_without_noise(rows):
    job = start(rows, "long")
    until(lambda: rows.writes > 1)
    rows.closed = True
    job.interrupt()
    assert job.wait(20).state is JobState.INTERRUPTED
    assert "could not be written" in (job.record.folder / "log.txt").read_text()


def test_a_worker_that_cannot_be_started_says_so(rows, monkeypatch):
    monkeypatch.setattr("defectstudio.jobs.process.WORKER", ("/no/such/python",))
    job = start(rows, "good")
    assert job.wait(20).state is JobState.FAILED
    with pytest.raises(JobError, match="cannot be started"):
        job.result()


@posix
def test_the_process_is_reaped(rows):
    job = start(rows, "good")
    pids: list[int] = []
    job.event.connect(lambda event: pids.append(job._process.pid))
    job.wait(20)
    with pytest.raises(ChildProcessError):
        os.waitpid(pids[0], os.WNOHANG)
    assert threading.active_count() >= 1
