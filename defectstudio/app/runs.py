"""What trainings of generators and of segmenters share: their names and how they go on."""

from __future__ import annotations

from collections.abc import Iterable

from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.records import GeneratorRecord, JobRecord, JobState, SegmenterRecord
from defectstudio.project.names import name_key
from defectstudio.project.project import Project


def last_run(project: Project, kind: str, name: str) -> JobRecord:
    """The last training of this kind of job and this name that did not reach its end.

    Raises JobError for none.
    """
    runs = [job for job in project.jobs() if job.kind == kind and job.title == name]
    if not runs:
        raise JobError(
            "there is no training of this name to resume",
            subject=name,
            remedy="Start it without --resume.",
        )
    if runs[-1].state is JobState.DONE:
        raise JobError(
            "the training of this name is done",
            subject=name,
            remedy="Train under another name, or use what it made.",
        )
    return runs[-1]


def check_free(
    project: Project,
    kind: str,
    name: str,
    noun: str,
    models: Iterable[GeneratorRecord | SegmenterRecord],
) -> None:
    """Raises ProjectError where one of the models, each a `noun`, has the name, JobError where a
    training of this kind of job has."""
    if any(name_key(known.name) == name_key(name) for known in models):
        raise ProjectError(
            f"the project has a {noun} of this name", subject=name, remedy="Choose another name."
        )
    live = (JobState.QUEUED, JobState.RUNNING)
    if any(j.kind == kind and j.title == name and j.state in live for j in project.jobs()):
        raise JobError(
            "a training of this name runs already", subject=name, remedy="Choose another name."
        )
