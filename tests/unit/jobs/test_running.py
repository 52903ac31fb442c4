from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

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
from defectstudio.project.project import Project

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def spec(act: str):
    def make(run: Path) -> TrainSpec:
        return TrainSpec(run, act, "tile", {1: "crack"}, (), "train", DcdgancConfig())

    return make


def accept(record: JobRecord) -> None:
    """Take everything."""


def start(project, act: str, take=accept) -> RunningJob:
    return start_job(project, "train", act, spec(act), take)


def ended_job(project) -> JobRecord:
    record = project.add_job("train", "good")
    return project.update_job(record.id, state=JobState.INTERRUPTED)


def until(check, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_good_run_is_done_and_its_signals_came(project):
    job = start(project, "good")
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
    assert project.job(1).state is JobState.DONE
    assert job.result() == record
    lines = (record.folder / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[1]) == {"step": 2, "values": {"loss": 0.5}}
    assert "info: nice weather" in (record.folder / "log.txt").read_text()


def test_the_job_belongs_to_this_process_while_it_runs(project):
    job = start(project, "long")
    with Project.open(project.root) as other:
        assert other.job(1).state is JobState.RUNNING
    job.cancel()
    job.wait(20)
    with FileLock(job.record.folder / "owner.lock").acquire(timeout=0):
        pass


def test_a_specification_that_cannot_be_made_fails_the_job(project):
    def refuse(run: Path) -> TrainSpec:
        raise SettingError("no", subject="steps")

    with pytest.raises(SettingError):
        start_job(project, "train", "good", refuse, accept)
    assert project.job(1).state is JobState.FAILED


def test_noise_on_stdout_goes_to_the_log(project):
    record = start(project, "noise").wait(20)
    assert record.state is JobState.DONE
    assert "a library says hello" in (record.folder / "log.txt").read_text()


def test_a_user_fault_keeps_its_three_parts(project):
    job = start(project, "fails")
    assert job.wait(20).state is JobState.FAILED
    with pytest.raises(SettingError) as caught:
        job.result()
    assert (caught.value.subject, caught.value.remedy) == ("batch", "Choose fewer.")
    assert "the batch is too large" in project.job(1).message
    assert "traceback here" in (job.record.folder / "log.txt").read_text()


@pytest.mark.parametrize(
    ("act", "said"),
    [("breaks", "this is a bug"), ("silent", "exit code 0"), ("liar", "exit code 7")],
)
def test_a_worker_without_a_result_has_failed(project, act, said):
    job = start(project, act)
    assert job.wait(20).state is JobState.FAILED
    assert said in job.record.message
    with pytest.raises(InternalError):
        job.result()


@posix
def test_a_worker_killed_from_outside_is_interrupted(project):
    job = start(project, "killed")
    assert job.wait(20).state is JobState.INTERRUPTED
    assert "SIGKILL" in job.record.message


@posix
def test_a_worker_that_crashed_has_failed(project):
    job = start(project, "segfault")
    assert job.wait(20).state is JobState.FAILED
    assert "SIGSEGV" in job.record.message


@posix
def test_a_grandchild_with_our_pipe_does_not_hold_the_job(project, monkeypatch):
    monkeypatch.setattr("defectstudio.jobs.process._DRAIN_SECONDS", 0.3)
    started = time.monotonic()
    assert start(project, "grandchild").wait(20).state is JobState.INTERRUPTED
    assert time.monotonic() - started < 10


def test_cancel_stops_the_worker_and_says_so(project):
    job = start(project, "long")
    until(lambda: job.record.progress > 0)
    job.cancel()
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED
    assert project.job(1).state is JobState.CANCELLED
    job.cancel()


def test_interrupt_is_what_the_death_of_the_owner_would_be(project):
    job = start(project, "long")
    until(lambda: job.record.progress > 0)
    job.interrupt()
    assert job.wait(20).state is JobState.INTERRUPTED


@posix
def test_a_deaf_worker_is_terminated_then_killed(project, monkeypatch):
    patience = running.WorkerProcess.stop
    monkeypatch.setattr(running.WorkerProcess, "stop", lambda self: patience(self, 0.2, 0.2))
    job = start(project, "deaf")
    started: list[object] = []
    job.event.connect(started.append)
    until(lambda: started)
    job.cancel()
    assert job.wait(20).state is JobState.CANCELLED


def test_resume_uses_the_same_folder_and_row(project):
    first = start(project, "long")
    until(lambda: first.record.progress > 0)
    first.interrupt()
    record = first.wait(20)
    second = resume_job(project, record.id, spec("good"), accept)
    assert second.wait(20).state is JobState.DONE
    assert [one.id for one in project.jobs()] == [1]


def test_a_job_that_runs_cannot_be_resumed(project):
    job = start(project, "long")
    with pytest.raises(JobError, match="belongs to another"):
        resume_job(project, job.record.id, spec("good"), accept)
    job.cancel()
    job.wait(20)


def test_resume_waits_for_the_worker_of_an_owner_that_died(project):
    record = ended_job(project)
    lock = FileLock(record.folder / "run.lock")
    lock.acquire()
    job = resume_job(project, record.id, spec("good"), accept)
    assert job.wait(0.5).state is JobState.RUNNING
    lock.release()
    assert job.wait(20).state is JobState.DONE


def test_resume_gives_up_on_a_worker_that_never_ends(project, monkeypatch):
    monkeypatch.setattr(running, "_RUN_LOCK_SECONDS", 0.3)
    record = ended_job(project)
    with FileLock(record.folder / "run.lock"):
        job = resume_job(project, record.id, spec("good"), accept)
        assert job.wait(20).state is JobState.FAILED
    assert "earlier worker" in job.record.message


def test_cancel_while_waiting_starts_nothing(project):
    record = ended_job(project)
    with FileLock(record.folder / "run.lock"):
        job = resume_job(project, record.id, spec("good"), accept)
        job.cancel()
        assert job.wait(20).state is JobState.CANCELLED
    assert not (record.folder / "log.txt").exists()


def test_what_is_not_accepted_has_failed(project):
    def refuse(record: JobRecord) -> None:
        raise CheckpointError("the weights are missing", subject=record.folder)

    job = start(project, "good", refuse)
    assert job.wait(20).state is JobState.FAILED
    with pytest.raises(CheckpointError):
        job.result()


def test_a_bug_while_accepting_is_our_fault(project):
    def stumble(record: JobRecord) -> None:
        raise ZeroDivisionError

    job = start(project, "good", stumble)
    assert job.wait(20).state is JobState.FAILED
    with pytest.raises(InternalError, match="watching the job failed"):
        job.result()
    assert "ZeroDivisionError" in (job.record.folder / "log.txt").read_text()


def test_a_listener_that_raises_does_not_end_the_job(project):
    def stumble(value: object) -> None:
        raise ZeroDivisionError

    job = start(project, "good")
    job.event.connect(stumble)
    assert job.wait(20).state is JobState.DONE
    assert "ZeroDivisionError" in (job.record.folder / "log.txt").read_text()


def test_a_project_closed_under_the_job_ends_it_without_noise(project):
    job = start(project, "long")
    until(lambda: job.record.progress > 0)
    project.close()
    job.interrupt()
    assert job.wait(20).state is JobState.INTERRUPTED
    assert "could not be written" in (job.record.folder / "log.txt").read_text()


def test_a_worker_that_cannot_be_started_says_so(project, monkeypatch):
    monkeypatch.setattr("defectstudio.jobs.process.WORKER", ("/no/such/python",))
    job = start(project, "good")
    assert job.wait(20).state is JobState.FAILED
    with pytest.raises(JobError, match="cannot be started"):
        job.result()


@posix
def test_the_process_is_reaped(project):
    job = start(project, "good")
    pids: list[int] = []
    job.event.connect(lambda event: pids.append(job._process.pid))
    job.wait(20)
    with pytest.raises(ChildProcessError):
        os.waitpid(pids[0], os.WNOHANG)


def test_a_disk_that_fails_ends_the_job_with_its_reason(project, monkeypatch):
    def full(event: events.Event) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(running, "to_json", full)
    job = start(project, "good")
    with pytest.raises(JobError, match="No space left"):
        job.result()
    assert project.jobs()[-1].state is JobState.FAILED


def test_a_folder_that_cannot_be_written_starts_nothing(project, monkeypatch):
    def full(path: Path, value: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(running, "write_json", full)
    with pytest.raises(JobError, match="No space left"):
        start(project, "good")
    assert project.jobs()[-1].state is JobState.FAILED
