from __future__ import annotations

from dataclasses import replace

import pytest

from defectstudio.app import outlook as outlooks
from defectstudio.app.outlook import Outlook, check, outlook
from defectstudio.domain.errors import JobError
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.records import JobState
from defectstudio.domain.specs import BackgroundFile, SynthesizeSpec, TrainSpec
from defectstudio.project.project import Project


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project", "tile") as made:
        yield made


def train(steps, run):
    return TrainSpec(run, "g", "tile", {1: "dent"}, (), "train", DcdgancConfig(steps=steps))


def test_a_training_takes_as_long_a_step_as_the_last_and_as_much_of_the_rest(project, monkeypatch):
    spec = train(300, project.root)
    assert outlook(project, "train", spec) == Outlook(None, None, 0)
    assert outlook(project, "train", spec).words == ""
    job = project.add_job("train", "first")
    times = iter(["2026-01-01T10:00:00+00:00", "2026-01-01T10:10:00+00:00"])
    monkeypatch.setattr("defectstudio.project.queue_rules.now", lambda: next(times))
    project.move_job(job.id, JobState.RUNNING)
    project.tell_job(job.id, (100, 100), memory=700 << 20)
    (job.folder / "checkpoint").write_bytes(bytes(3 << 20))
    project.move_job(job.id, JobState.DONE)
    found = outlook(project, "train", spec)
    assert (found.seconds, found.memory, found.disk) == (1800.0, 700 << 20, 3 << 20)
    assert found.words == "about 30 min, 700 MB of memory, 3 MB of disk"
    assert outlook(project, "evaluate", object()) == Outlook(None, None, 0)


def test_a_batch_takes_disk_by_its_backgrounds(project, tmp_path):
    (tmp_path / "b.png").write_bytes(bytes(1000))
    grounds = (BackgroundFile(tmp_path / "b.png", "0"), BackgroundFile(tmp_path / "gone.png", "1"))
    spec = SynthesizeSpec(project.root, project.id, tmp_path, (1,), grounds, (), 400, 0)
    assert outlook(project, "synthesize", spec).disk == 1_000_000
    assert outlook(project, "synthesize", replace(spec, backgrounds=grounds[1:])).disk == 0


def test_a_full_disk_is_refused_and_a_full_memory_is_told(project):
    assert check(project, Outlook(None, None, 0)) == ""
    with pytest.raises(JobError, match=r"the job needs \d+ MB"):
        check(project, Outlook(None, None, 1 << 60))
    assert "smaller batch" in check(project, Outlook(None, 1 << 60, 0))


def test_what_is_foretold_stands_in_the_row_and_the_log(project, monkeypatch):
    from defectstudio.app import queueing

    monkeypatch.setattr(outlooks, "_LEAST_FREE", 0)
    monkeypatch.setattr(queueing, "outlook", lambda *_: Outlook(90.0, 1 << 60, 0))
    project.set_limit("cpu", 0)
    job = queueing.queue(project, queueing.Job("train", "t", {}), lambda run: train(3, run))
    assert project.job(job.record.id).seconds_left == 90.0
    log = (job.record.folder / "log.txt").read_text()
    assert "will take about 90 s" in log and "warning: " in log
