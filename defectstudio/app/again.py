"""A job once more: on from its checkpoint where it has one, else anew with the same settings."""

from __future__ import annotations

from defectstudio.app.queueing import queue_again
from defectstudio.domain.errors import JobError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.jobs.following import FollowedJob
from defectstudio.project.project import Project

RESUMABLE = ("train", "train_segmenter", "synthesize")
"""Kinds that go on from a checkpoint, a batch from the samples it made."""
_ENDED_EARLY = (JobState.INTERRUPTED, JobState.CANCELLED, JobState.FAILED)
_HERE = ("import", "export")


def resumes(job: JobRecord) -> bool:
    """Whether the job goes on from where it was."""
    if job.state is JobState.PAUSED:
        return True
    return job.kind in RESUMABLE and job.state in _ENDED_EARLY


def starts_again(job: JobRecord) -> bool:
    """Whether the job can be started anew; a comparison finds its finished trainings again."""
    can = job.kind not in _HERE or bool(job.asked.order)
    return can and job.kind not in RESUMABLE and job.state in _ENDED_EARLY


def once_more(project: Project, job: JobRecord) -> FollowedJob:
    """Go on with a job, or start it again, in its own folder.

    Raises JobError for one that cannot: it is queued, runs or is done, or was an import or export
    that nobody queued.
    """
    if not (resumes(job) or starts_again(job)):
        raise JobError(
            f"the job is {job.state.value} and cannot be started again",
            subject=job.title,
            remedy="Start it anew from its dialog." if job.kind in _HERE else "",
        )
    return queue_again(project, job)
