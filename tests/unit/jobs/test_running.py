"""How a run ends, and what the job's row and files say of it then."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from defectstudio.domain import events
from defectstudio.domain.errors import (
    CheckpointError,
    InternalError,
    JobError,
    OutOfMemory,
    SettingError,
)
from defectstudio.domain.files import write_json
from defectstudio.domain.records import Asked, JobState
from defectstudio.jobs import memory, running
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.kinds import Smaller
from defectstudio.jobs.run_folder import RunWriter

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def test_a_good_run_is_done_and_what_it_said_came(at_work):
    heard = []
    job = at_work.queue("good")
    record = job.wait(20, heard.append)
    assert (record.state, record.progress, record.steps) == (JobState.DONE, 1.0, (4, 4))
    assert job.summary == {"steps": 4} and job.failure is None and job.result() == record
    assert isinstance(heard[-1], events.Progress | events.Finished)
    assert events.Metrics(2, {"loss": 0.5}) in heard and events.Progress(4, 4) in heard
    assert "info: nice weather" in (record.folder / "log.txt").read_text()
    assert at_work.accepted == [1]
    assert not (record.folder / "worker.json").exists()


def test_noise_on_the_channel_goes_to_the_log(at_work):
    job = at_work.queue("noise")
    assert job.wait(20).state is JobState.DONE
    assert "a library says hello" in (job.record.folder / "log.txt").read_text()


def test_a_failure_is_the_error_it_was(at_work):
    job = at_work.queue("fails", retries=2)
    with pytest.raises(SettingError, match="too large") as caught:
        job.result()
    assert caught.value.remedy == "Choose fewer."
    assert "batch: the batch is too large" in job.record.message
    assert "traceback here" in (job.record.folder / "log.txt").read_text()
    assert job.record.retries == 2, "what is wrong stays wrong"


@pytest.mark.parametrize(
    ("act", "said"),
    [("breaks", "this is a bug"), ("silent", "exit code 0"), ("liar", "exit code 7")],
)
def test_a_worker_without_a_result_has_failed(at_work, act, said):
    job = at_work.queue(act)
    with pytest.raises(InternalError):
        job.result()
    assert job.record.state is JobState.FAILED and said in job.record.message
    assert at_work.accepted == []


@posix
@pytest.mark.parametrize(
    ("act", "state", "said"),
    [
        ("killed", JobState.INTERRUPTED, "SIGKILL"),
        ("segfault", JobState.FAILED, "SIGSEGV"),
        ("grandchild", JobState.INTERRUPTED, "SIGKILL"),
    ],
)
def test_a_worker_that_died(at_work, monkeypatch, act, state, said):
    monkeypatch.setattr("defectstudio.jobs.process._DRAIN_SECONDS", 0.3)
    record = at_work.queue(act).wait(20)
    assert record.state is state and said in record.message


@posix
def test_what_dies_is_started_again_but_not_for_ever(bench, monkeypatch):
    monkeypatch.setattr(running, "BACKOFF_SECONDS", 0.01)
    bench.start()
    job = bench.queue("killed", retries=2)
    record = job.wait(20)
    assert (record.state, record.retries) == (JobState.INTERRUPTED, 0)
    told = (record.folder / "events.jsonl").read_text().splitlines()
    assert sum('"Started"' in line for line in told) == 3


@posix
def test_a_system_without_memory_is_recognised(bench, monkeypatch):
    kills = iter(range(9))
    monkeypatch.setattr(memory, "oom_kills", lambda: next(kills))
    bench.start()
    job = bench.queue("killed", retries=2)
    with pytest.raises(OutOfMemory, match="memory does not suffice"):
        job.result()


def starving(bench, *, shrink):
    """A job whose memory does not suffice until it is made smaller."""

    def smaller(job):
        def apply():
            write_json(job.folder / "job.json", {"name": "good"})

        return Smaller("batch 4 in place of 8", apply)

    bench.kinds["act"] = replace(bench.kinds["act"], smaller=smaller, describe=lambda *_: None)
    bench.start()
    job = bench.project.add_job("act", "starves", Asked({"name": "starves"}, shrink=shrink))
    write_json(job.folder / "job.json", {"name": "starves"})
    followed = FollowedJob(bench.project, job)
    bench.project.move_job(job.id, JobState.QUEUED)
    return followed


def test_too_little_memory_is_answered_with_what_would_help(bench):
    job = starving(bench, shrink=False)
    with pytest.raises(OutOfMemory, match="Try batch 4 in place of 8"):
        job.result()


def test_a_job_that_may_makes_itself_smaller(bench):
    job = starving(bench, shrink=True)
    assert job.wait(20).state is JobState.DONE
    assert "it goes on with batch 4" in (job.record.folder / "log.txt").read_text()


def test_what_is_not_accepted_has_failed(bench):
    def refuse(_project, job):
        raise CheckpointError("the weights are missing", subject=job.folder)

    bench.kinds["act"] = replace(bench.kinds["act"], accept=refuse)
    bench.start()
    job = bench.queue("good")
    with pytest.raises(CheckpointError):
        job.result()
    assert job.record.state is JobState.FAILED


def test_a_bug_while_accepting_is_our_fault(bench):
    bench.kinds["act"] = replace(bench.kinds["act"], accept=lambda *_: 1 / 0)
    bench.start()
    job = bench.queue("good")
    with pytest.raises(InternalError, match="ZeroDivisionError"):
        job.result()
    assert "Traceback" in (job.record.folder / "log.txt").read_text()


def test_a_worker_that_cannot_be_started_says_so(at_work, monkeypatch):
    monkeypatch.setattr("defectstudio.jobs.process.WORKER", ("/no/such/python",))
    with pytest.raises(JobError, match="cannot be started"):
        at_work.queue("good").result()


def test_a_disk_that_fails_ends_the_job_with_its_reason(at_work, monkeypatch):
    def full(_self, event):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(RunWriter, "write", full)
        job = at_work.queue("good")
        assert job.wait(20).state is JobState.FAILED
    assert "No space left" in job.record.message


def test_a_kind_that_nobody_knows_fails(at_work):
    assert "no job of the kind" in at_work.queue("good", "knitting").wait(20).message
