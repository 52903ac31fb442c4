from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.records import Asked, JobState
from defectstudio.project.jobs import Owned
from defectstudio.project.project import Project
from defectstudio.project.queue_rules import ORPHANED

OWNER = """
import sys
from pathlib import Path
from defectstudio.domain.records import JobState
from defectstudio.project.project import Project
project = Project.open(Path(sys.argv[1]))
job = project.add_job("train", "theirs")
project.move_job(job.id, JobState.RUNNING)
project.tell_job(job.id, (1, 4))
print(job.id, flush=True)
sys.stdin.read()
"""


def queued(project: Project, title: str = "t", **asked: object) -> int:
    job = project.add_job("train", title, Asked(**asked))  # type: ignore[arg-type]
    return project.move_job(job.id, JobState.QUEUED, retries=2).id


def test_a_job_from_beginning_to_end(project: Project) -> None:
    job = project.add_job("train", "Train glue", Asked({"name": "glue"}, "cuda", 3, (), True))
    assert (job.state, job.progress, job.message, job.ended) == (JobState.STARTING, 0.0, "", None)
    assert job.asked == Asked({"name": "glue"}, "cuda", 3, (), True)
    assert job.folder == project.root / "runs" / "0001"
    assert job.folder.is_dir()
    project.move_job(job.id, JobState.QUEUED, retries=2)
    claimed = project.claim_job(job.id, "cuda:1")
    assert claimed is not None and (claimed.place, claimed.begun) == ("cuda:1", None)
    running = project.move_job(job.id, JobState.RUNNING)
    assert (running.place, running.retries, running.begun is None) == ("cuda:1", 2, False)
    project.tell_job(job.id, (1, 2), 8.5, 1 << 30)
    told = project.job(job.id)
    assert (told.progress, told.steps, told.seconds_left) == (0.5, (1, 2), 8.5)
    done = project.move_job(job.id, JobState.DONE, "well")
    assert (done.progress, done.message, done.memory, done.place) == (1.0, "well", 1 << 30, "")
    assert done.ended is not None and done.seconds_left is None
    assert project.job(job.id) == done
    assert project.add_job("train", "next").folder.name == "0002"
    assert [one.id for one in project.jobs()] == [1, 2]


REACHABLE = {
    JobState.QUEUED: (),
    JobState.STARTING: (JobState.STARTING,),
    JobState.RUNNING: (JobState.STARTING, JobState.RUNNING),
    **{
        state: (JobState.STARTING, JobState.RUNNING, state)
        for state in (JobState.PAUSED, JobState.DONE, JobState.FAILED)
    },
    JobState.CANCELLED: (JobState.CANCELLED,),
    JobState.INTERRUPTED: (JobState.STARTING, JobState.RUNNING, JobState.INTERRUPTED),
}
"""How a queued job comes to each state."""
FORBIDDEN = {
    JobState.DONE: set(JobState),
    JobState.QUEUED: {JobState.QUEUED, JobState.RUNNING, JobState.DONE, JobState.INTERRUPTED},
    JobState.STARTING: {JobState.STARTING},
    JobState.RUNNING: {JobState.RUNNING, JobState.STARTING},
    JobState.PAUSED: set(JobState) - {JobState.QUEUED, JobState.CANCELLED},
    JobState.FAILED: set(JobState) - {JobState.QUEUED},
    JobState.CANCELLED: set(JobState) - {JobState.QUEUED},
    JobState.INTERRUPTED: set(JobState) - {JobState.QUEUED},
}


@pytest.mark.parametrize("state", JobState)
def test_a_state_is_left_only_for_those_that_may_follow(project: Project, state: JobState) -> None:
    for to in JobState:
        job_id = queued(project)
        for step in REACHABLE[state]:
            project.move_job(job_id, step)
        if to in FORBIDDEN[state]:
            with pytest.raises(JobError, match=f"is {state.value} and cannot become {to.value}"):
                project.move_job(job_id, to)
            assert project.job(job_id).state is state
        else:
            assert project.move_job(job_id, to).state is to


def test_unknown_job(project: Project) -> None:
    for act in (
        lambda: project.job(3),
        lambda: project.move_job(3, JobState.DONE),
        lambda: project.claim_job(3),
        lambda: project.prioritize_job(3, 1),
        lambda: project.ask_job(3, JobState.CANCELLED),
        lambda: project.add_job("train", "t", Asked(after=(3,))),
    ):
        with pytest.raises(ProjectError, match="no job with the number 3"):
            act()
    assert project.jobs() == []


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

    waits = queued(project)
    with monkeypatch.context() as patch:
        patch.setattr(Owned, "take", fail)
        with pytest.raises(ProjectError, match="disk is full"):
            project.add_job("train", "t")
    with monkeypatch.context() as patch:
        patch.setattr("defectstudio.project.queue_rules.move", fail)
        with pytest.raises(TypeError):
            project.claim_job(waits)
    assert project.add_job("train", "t").id == 2
    assert project.claim_job(waits) is not None


def test_a_living_owner_keeps_its_job(project: Project) -> None:
    starting, running = project.add_job("train", "s"), project.add_job("train", "r")
    project.move_job(running.id, JobState.RUNNING)
    waits = queued(project)
    with Project.open(project.root) as other:
        assert other.settle_orphans() == []
        assert other.claim_job(starting.id) is None
        mine = other.claim_job(waits)
        assert mine is not None and project.claim_job(waits) is None
        assert [job.id for job in project.live_jobs()] == [1, 2, 3]


def test_orphans_end_as_they_were_asked_to_or_are_queued_again(project: Project) -> None:
    with Project.open(project.root) as other:
        for wanted in (None, JobState.CANCELLED, JobState.PAUSED):
            job_id = queued(other)
            other.claim_job(job_id)
            if wanted:
                project.ask_job(job_id, wanted)
        last = other.claim_job(queued(other))
        assert last is not None
        (last.folder / "owner.lock").unlink()
        last.folder.rmdir()  # its folder is gone, and its owner with it
        assert [one.id for one in project.settle_orphans()] == [last.id]
        other.add_job("export", "done here")
    assert [(job.state.value, job.retries) for job in project.jobs()] == [
        ("queued", 1), ("cancelled", 2), ("paused", 2), ("queued", 1), ("interrupted", 0),
    ]  # fmt: skip
    assert {job.message for job in project.jobs()} == {ORPHANED}
    assert [job.ended is None for job in project.jobs()] == [True, False, True, True, False]


def test_what_ends_again_and_again_is_interrupted(project: Project) -> None:
    job_id = queued(project)
    for expected in ("queued", "queued", "interrupted"):
        with Project.open(project.root) as other:
            assert other.claim_job(job_id) is not None
        assert project.job(job_id).state.value == expected
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


def test_what_waits_is_cancelled_at_once_and_what_runs_is_told(project: Project) -> None:
    waits, runs = queued(project), queued(project)
    project.ask_job(waits, JobState.PAUSED)
    with pytest.raises(JobError, match="is paused"):
        project.ask_job(waits, JobState.PAUSED)
    project.ask_job(waits, JobState.CANCELLED)
    with pytest.raises(JobError, match="is cancelled"):
        project.ask_job(waits, JobState.CANCELLED)
    project.claim_job(runs)
    project.ask_job(runs, JobState.PAUSED)
    assert project.job(runs).wanted == "paused"
    project.ask_job(runs, JobState.CANCELLED)
    project.ask_job(runs, JobState.PAUSED)  # to cancel is the last word
    running = project.move_job(runs, JobState.RUNNING)
    assert running.wanted == "cancelled"
    assert project.move_job(runs, JobState.CANCELLED).wanted == ""


def test_what_is_ready_comes_by_priority_then_by_age(project: Project) -> None:
    first, second, third = (queued(project) for _ in range(3))
    project.prioritize_job(third, 1)
    assert [job.id for job in project.ready_jobs(0)] == [third, first, second]
    project.claim_job(third)
    project.move_job(third, JobState.QUEUED, due=100.0)
    assert [job.id for job in project.ready_jobs(99.0)] == [first, second]
    assert [job.id for job in project.ready_jobs(100.0)] == [third, first, second]


def test_a_clock_that_was_set_back_delays_nothing_for_long(project: Project) -> None:
    job_id = queued(project)
    project.claim_job(job_id)
    project.move_job(job_id, JobState.QUEUED, due=1_000_005.0)
    assert project.ready_jobs(1_000_000.0) == []
    assert [job.id for job in project.ready_jobs(500_000.0)] == [job_id]


def test_a_chain_starts_link_by_link(project: Project) -> None:
    first = queued(project)
    second = queued(project, after=(first,))
    third = queued(project, after=(first, second))
    started = []
    while ready := project.ready_jobs(0):
        (job,) = ready
        started.append(job.id)
        project.claim_job(job.id)
        assert project.ready_jobs(0) == []
        project.move_job(job.id, JobState.DONE)
    assert started == [first, second, third]


@pytest.mark.parametrize(("state", "said"), [("failed", "failed"), ("cancelled", "was cancelled")])
def test_a_chain_fails_when_a_link_does(project: Project, state: str, said: str) -> None:
    first = queued(project, "the first")
    second = queued(project, after=(first,))
    third = queued(project, after=(second,))
    project.move_job(first, JobState(state))
    assert project.ready_jobs(0) == []
    assert project.job(second).message == f"Job 1 (the first), which it waited for, {said}."
    assert project.job(third).state is JobState.FAILED


def test_a_chain_waits_for_what_can_go_on(project: Project) -> None:
    first = queued(project)
    queued(project, after=(first,))
    for state in (JobState.PAUSED, JobState.INTERRUPTED):
        project.claim_job(first)
        project.move_job(first, state)
        assert project.ready_jobs(0) == []
        assert project.job(2).state is JobState.QUEUED
        project.move_job(first, JobState.QUEUED)


def test_limits_are_kept_by_name(project: Project) -> None:
    assert project.limits() == {"cpu": 1, "cuda": 1, "disk": 1, "user": 0}
    project.set_limit("cpu", 2)
    project.set_limit("cpu", 3)
    with Project.open(project.root) as other:
        assert other.limits()["cpu"] == 3
    with pytest.raises(JobError, match="no such limit"):
        project.set_limit("gpu", 1)


def test_a_job_that_has_ended_can_be_deleted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = project.add_job("train", "t")
    waits = queued(project, after=(job.id,))
    (job.folder / "checkpoint").mkdir()
    (job.folder / "checkpoint" / "net.bin").write_bytes(b"1")
    for unfinished in (job.id, waits):
        with pytest.raises(ProjectError, match="is not over"):
            project.remove_job(unfinished)
    project.move_job(job.id, JobState.INTERRUPTED)

    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(job.folder / "net.bin"))

    with monkeypatch.context() as patch:
        patch.setattr("defectstudio.project.jobs.shutil.rmtree", refuse)
        with pytest.raises(ProjectError, match=r"cannot be deleted \(Permission denied\)"):
            project.remove_job(job.id)
    assert project.job(waits).state is JobState.QUEUED
    project.remove_job(job.id)
    assert [one.id for one in project.jobs()] == [waits] and not job.folder.exists()
    assert project.job(waits).message == "Job 1, which it waited for, was deleted."
    assert project.add_job("train", "next").id == 3, "numbers are not given again"


def test_a_job_without_its_folder_can_be_deleted(project: Project) -> None:
    job = project.add_job("train", "t")
    project.move_job(job.id, JobState.FAILED)
    (job.folder / "owner.lock").unlink()
    job.folder.rmdir()
    project.remove_job(job.id)
    assert project.jobs() == []


def test_many_claim_and_one_gets_it(project: Project) -> None:
    ids = [queued(project) for _ in range(4)]
    others = [Project.open(project.root) for _ in range(2)]
    won = [
        (number, job_id)
        for job_id, (number, other) in itertools.product(ids, enumerate(others))
        if other.claim_job(job_id) is not None
    ]
    assert won == [(0, job_id) for job_id in ids]
    for other in others:
        other.close()
