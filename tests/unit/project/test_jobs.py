from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.records import JobState
from defectstudio.project.jobs import ORPHANED, Owned
from defectstudio.project.project import Project

OWNER = """
import sys
from pathlib import Path
from defectstudio.domain.records import JobState
from defectstudio.project.project import Project
project = Project.open(Path(sys.argv[1]))
job = project.add_job("train", "theirs")
project.update_job(job.id, state=JobState.RUNNING, progress=0.25)
print(job.id, flush=True)
sys.stdin.read()
"""


def test_a_job_from_beginning_to_end(project: Project) -> None:
    job = project.add_job("train", "Train glue")
    assert (job.state, job.progress, job.message, job.ended) == (JobState.QUEUED, 0.0, "", None)
    assert job.folder == project.root / "runs" / "0001"
    assert job.folder.is_dir()
    running = project.update_job(job.id, state=JobState.RUNNING, progress=0.5)
    assert (running.state, running.progress, running.ended) == (JobState.RUNNING, 0.5, None)
    project.update_job(job.id, message="half")
    done = project.update_job(job.id, state=JobState.DONE, progress=7.0)
    assert (done.state, done.progress, done.message) == (JobState.DONE, 1.0, "half")
    assert done.ended is not None
    assert project.job(job.id) == done
    assert project.add_job("train", "next").folder.name == "0002"
    assert [one.id for one in project.jobs()] == [1, 2]


def test_unknown_job(project: Project) -> None:
    for act in (
        lambda: project.job(3),
        lambda: project.update_job(3),
        lambda: project.claim_job(3),
    ):
        with pytest.raises(ProjectError, match="no job with the number 3"):
            act()


def test_a_folder_a_killed_attempt_left_is_used(project: Project) -> None:
    (project.root / "runs" / "0001").mkdir(parents=True)
    assert project.add_job("train", "t").folder.name == "0001"


def test_a_folder_that_cannot_be_made_leaves_no_row(project: Project) -> None:
    (project.root / "runs").write_bytes(b"a file is in the way")
    with pytest.raises(ProjectError, match="folder cannot be made"):
        project.add_job("train", "t")
    assert project.jobs() == []


def test_a_job_that_could_not_be_written_is_not_owned(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Owned.take

    def fail(owned: Owned, job_id: int, folder: Path) -> None:
        real(owned, job_id, folder)
        raise ProjectError("the disk is full")

    ended = project.add_job("train", "t")
    project.update_job(ended.id, state=JobState.FAILED)
    with monkeypatch.context() as patch:
        patch.setattr(Owned, "take", fail)
        with pytest.raises(ProjectError, match="disk is full"):
            project.add_job("train", "t")
    with monkeypatch.context() as patch:
        patch.setattr("defectstudio.project.jobs.update", fail)
        with pytest.raises(TypeError):
            project.claim_job(ended.id)
    assert project.add_job("train", "t").id == 2
    assert project.claim_job(ended.id).state is JobState.QUEUED


def test_a_living_owner_keeps_its_job(project: Project) -> None:
    queued = project.add_job("train", "queued")
    running = project.add_job("train", "running")
    project.update_job(running.id, state=JobState.RUNNING)
    with Project.open(project.root) as other:
        assert other.settle_orphans() == []
        assert [job.state for job in other.jobs()] == [JobState.QUEUED, JobState.RUNNING]
        with pytest.raises(JobError, match="another running program"):
            other.claim_job(queued.id)


def test_jobs_of_a_closed_project_are_interrupted(project: Project) -> None:
    with Project.open(project.root) as other:
        other.add_job("train", "t")
    [job] = project.jobs()
    assert (job.state, job.message) == (JobState.INTERRUPTED, ORPHANED)


def test_a_job_whose_folder_is_gone_has_no_owner(project: Project) -> None:
    with Project.open(project.root) as other:
        job = other.add_job("train", "t")
        (job.folder / "owner.lock").unlink()
        job.folder.rmdir()
        assert [one.id for one in project.settle_orphans()] == [job.id]


def test_an_ended_job_can_be_claimed_again(project: Project) -> None:
    job = project.add_job("train", "t")
    project.update_job(job.id, state=JobState.INTERRUPTED, message="gone")
    with Project.open(project.root) as other:
        claimed = other.claim_job(job.id)
        assert (claimed.state, claimed.message, claimed.ended) == (JobState.QUEUED, "", None)
        assert project.settle_orphans() == []
        with pytest.raises(JobError):
            project.claim_job(job.id)


def test_a_job_that_ended_is_not_an_orphan(project: Project) -> None:
    job = project.add_job("train", "t")
    project.update_job(job.id, state=JobState.DONE)
    assert project.settle_orphans() == []


def test_a_killed_owner_leaves_an_interrupted_job(project: Project) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(project.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    with owner:
        assert owner.stdout is not None
        job_id = int(owner.stdout.readline())
        assert project.settle_orphans() == []
        assert project.job(job_id).state is JobState.RUNNING
        owner.kill()
    with Project.open(project.root) as opened:
        job = opened.job(job_id)
    assert (job.state, job.progress, job.message) == (JobState.INTERRUPTED, 0.25, ORPHANED)


def test_a_job_that_has_ended_can_be_deleted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = project.add_job("train", "t")
    (job.folder / "checkpoint").mkdir()
    (job.folder / "checkpoint" / "net.bin").write_bytes(b"1")
    with pytest.raises(ProjectError, match="is not over"):
        project.remove_job(job.id)
    project.update_job(job.id, state=JobState.DONE)

    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(job.folder / "net.bin"))

    with monkeypatch.context() as patch:
        patch.setattr("defectstudio.project.jobs.shutil.rmtree", refuse)
        with pytest.raises(ProjectError, match=r"cannot be deleted \(Permission denied\)"):
            project.remove_job(job.id)
    assert [one.id for one in project.jobs()] == [job.id]
    project.remove_job(job.id)
    assert project.jobs() == [] and not job.folder.exists()
    assert project.add_job("train", "next").id == 2, "numbers are not given again"


def test_a_job_without_its_folder_can_be_deleted(project: Project) -> None:
    job = project.add_job("train", "t")
    project.update_job(job.id, state=JobState.FAILED)
    (job.folder / "owner.lock").unlink()
    job.folder.rmdir()
    project.remove_job(job.id)
    assert project.jobs() == []
