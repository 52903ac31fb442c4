"""What trainings of generators and of segmenters share: their names and how they go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from defectstudio.app.validation import settings
from defectstudio.domain.errors import JobError, ProjectError, SettingError
from defectstudio.domain.records import GeneratorRecord, JobRecord, JobState, SegmenterRecord
from defectstudio.domain.spread import SpreadSettings, TogetherSettings
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
    *,
    but: JobRecord | None,
) -> None:
    """Raises ProjectError where one of the models, each a `noun`, has the name, JobError where a
    training of this kind of job has, other than `but`."""
    if any(name_key(known.name) == name_key(name) for known in models):
        raise ProjectError(
            f"the project has a {noun} of this name", subject=name, remedy="Choose another name."
        )
    others = [job for job in project.jobs() if (job.kind, job.title) == (kind, name)]
    if any(not job.state.is_over and (but is None or job.id != but.id) for job in others):
        raise JobError(
            "a training of this name is queued or runs already",
            subject=name,
            remedy="Choose another name.",
        )


def rename_run(project: Project, job: JobRecord, title: str) -> None:
    """Give a job another name.

    Raises JobError where something finds it by the one it has: its model, a judgement's segmenter,
    whoever waits for it. ProjectError for a name that is none.
    """
    if job.kind == "evaluate":
        reason, remedy = "a judgement is called as its segmenter", "Rename the segmenter."
    elif not job.state.is_over:
        reason, remedy = "the job is not over", "Wait until it is done, or cancel it."
    elif job.kind in ("train", "train_segmenter") and job.state is not JobState.DONE:
        reason, remedy = (
            "the training can go on, and its model is to have this name",
            "Resume it, then rename the model, or delete the job.",
        )
    else:
        project.retitle_job(job.id, title)
        return
    raise JobError(reason, subject=job.title, remedy=remedy)


def take_processes(overrides: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The other overrides, and how many processes train together. Raises SettingError."""
    others = dict(overrides)
    wanted = {"processes": others.pop("processes")} if "processes" in others else {}
    return others, settings(TogetherSettings, wanted).processes


def check_processes(processes: int, batch: int) -> None:
    """Raises SettingError where they cannot have equal parts of a batch."""
    if batch % processes:
        raise SettingError(
            f"a batch of {batch} cannot be shared equally by {processes} processes",
            subject="processes",
            remedy="Give a number that divides the batch, or another batch.",
        )


def take_spread(overrides: Mapping[str, Any]) -> tuple[dict[str, Any], SpreadSettings]:
    """The other overrides, and where the work is done. Raises SettingError."""
    names = {field.name for field in fields(SpreadSettings)}
    others = {name: value for name, value in overrides.items() if name not in names}
    own = {name: value for name, value in overrides.items() if name in names}
    return others, settings(SpreadSettings, own)
