"""Jobs once more: in their own folder, those that can."""

import pytest

from defectstudio.app import again
from defectstudio.domain.errors import JobError
from defectstudio.domain.records import Asked, JobState
from defectstudio.project.project import Project

S = JobState
ENDED = (S.CANCELLED, S.FAILED, S.INTERRUPTED)


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project", "tile") as made:
        yield made


def job(project, kind, state, **order):
    made = project.add_job(kind, "eye", Asked(order))
    return project.move_job(made.id, state)


@pytest.mark.parametrize("state", ENDED)
def test_what_can_go_on_or_be_made_again_is_queued_again(project, state):
    for kind in ("train", "train_segmenter", "synthesize"):
        one = job(project, kind, state)
        assert again.resumes(one) and not again.starts_again(one)
    for kind in ("evaluate", "compare", "predict"):
        one = job(project, kind, state)
        assert again.starts_again(one) and not again.resumes(one)
    # Nobody works the queue off here, so that the job stays as it was queued.
    queued = project.move_job(one.id, S.QUEUED)
    assert (queued.state, queued.folder, queued.ended) == (S.QUEUED, one.folder, None)


def test_what_is_done_or_cannot_be_done_again_stays_as_it_is(project):
    for kind in ("train", "evaluate", "compare", "import"):
        done = job(project, kind, S.DONE)
        assert not again.resumes(done) and not again.starts_again(done)
        with pytest.raises(JobError, match="is done and cannot"):
            again.once_more(project, done)
    here = job(project, "import", S.CANCELLED)
    with pytest.raises(JobError, match="from its dialog"):
        again.once_more(project, here)
    assert again.starts_again(job(project, "import", S.CANCELLED, source="x"))


def test_a_paused_job_goes_on_and_a_lost_one_says_so(project):
    paused = job(project, "compare", S.PAUSED)
    assert again.resumes(paused)
    followed = again.once_more(project, paused)
    assert followed.wait(20).state is S.FAILED
    assert project.job(paused.id).message
