"""`defectstudio jobs ...`: what the list of jobs in the window does, as commands."""

from __future__ import annotations

import json
import threading

import pytest
from typer.testing import CliRunner

from defectstudio.cli.main import app
from defectstudio.domain.records import Asked, JobState
from defectstudio.project.project import Project


@pytest.fixture
def root(tmp_path):
    """A project with a running, a paused, a failed and a waiting job; its owner lives."""
    with Project.create(tmp_path / "project", "tile") as project:
        running = project.add_job("train", "glue", Asked({"name": "glue"}, "cuda", 2))
        project.move_job(running.id, JobState.RUNNING)
        project.tell_job(running.id, (1, 4), 125.0, 300 << 20)
        paused = project.add_job("synthesize", "3 with g", Asked({"name": "x"}))
        project.move_job(paused.id, JobState.PAUSED)
        failed = project.add_job("train", "torn", Asked({"name": "x"}))
        (failed.folder / "log.txt").write_text("info: begins\nwarning: it is late\nTraceback\n")
        project.move_job(failed.id, JobState.FAILED, "the disk is full")
        waits = project.add_job("evaluate", "eye", Asked({"model": "x"}, after=(running.id,)))
        project.move_job(waits.id, JobState.QUEUED)
        yield project.root


def run(*arguments, code=0):
    result = CliRunner().invoke(app, ["jobs", *(str(one) for one in arguments)])
    assert result.exit_code == code, result.output + result.stderr
    return result


def said(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).stdout)


def test_jobs_are_listed_and_shown(root):
    lines = run("list", root).stdout.splitlines()
    assert "running" in lines[0] and "2 min left" in lines[0] and "25%" in lines[0]
    assert "(the disk is full)" in lines[2]
    listed = said("list", root, "--state", "paused")["jobs"]
    assert [(one["id"], one["state"]) for one in listed] == [(2, "paused")]
    shown = run("show", root, 1).stdout
    assert "cuda" in shown and "300 MB at most" in shown and "priority  2" in shown
    assert "waits for 1" in run("show", root, 4).stdout
    assert said("show", root, 1)["job"]["steps"] == [1, 4]
    assert said("show", root, 9, code=1)["error"]["kind"] == "ProjectError"


def test_a_log_is_filtered(root):
    assert said("log", root, 3)["lines"] == ["info: begins", "warning: it is late", "Traceback"]
    assert said("log", root, 3, "--level", "warning")["lines"] == ["warning: it is late"]
    assert run("log", root, 3, "--contains", "TRACE").stdout == "Traceback\n"
    assert run("log", root, 1).stdout == "Nothing was logged.\n"


def test_jobs_are_steered(root):
    assert said("pause", root, 1)["job"]["wanted"] == "paused"
    assert "to be cancelled" in run("cancel", root, 1).stdout
    assert said("cancel", root, 2)["job"]["state"] == "cancelled"
    assert said("priority", root, 4, 5)["job"]["asked"]["priority"] == 5
    assert said("pause", root, 3, code=1)["error"]["kind"] == "JobError"
    assert said("delete", root, 2) == {"deleted": 2}
    assert said("delete", root, 1, code=1)["error"]["kind"] == "ProjectError"
    assert said("limits", root, "--cpu", 0, "--user", 3)["limits"] == {
        "cpu": 0, "cuda": 1, "disk": 1, "user": 3,
    }  # fmt: skip
    for again in ("retry", "resume"):
        assert said(again, root, 3)["job"]["state"] == "queued"
        said("cancel", root, 3)


def test_jobs_are_listed_with_sizes_and_renamed(root):
    with Project.open(root) as project:
        (project.job(3).folder / "big").write_bytes(b"x" * 2500)
    listed = said("list", root, "--sizes")["jobs"]
    assert listed[2]["bytes"] >= 2500 and said("list", root)["jobs"][2]["bytes"] is None
    lines = run("list", root, "--sizes").stdout.splitlines()
    assert " kB     3  failed" in lines[2] and lines[-1].endswith(" kB  in all")
    said("cancel", root, 2)
    assert said("rename", root, 2, "by hand")["job"]["title"] == "by hand"
    for job_id, why in ((1, "not over"), (3, "can go on")):
        assert why in said("rename", root, job_id, "b", code=1)["error"]["reason"]
    assert "the name of the job" in said("rename", root, 2, "a/b", code=1)["error"]["reason"]


def test_the_queue_is_worked_off_here(root, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    run("cancel", root, 4)
    assert said("run", root, "--idle", 0) == {"worked": True}
    with Project.open(root) as project:
        job = project.add_job("train", "lost")
        project.move_job(job.id, JobState.QUEUED)
    done = threading.Thread(target=lambda: run("run", root, "--idle", 0.1))
    done.start()
    done.join(20)
    assert "description is lost" in said("show", root, 5)["job"]["message"]
