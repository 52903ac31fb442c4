"""A job once more: on from its checkpoint where it has one, else anew with the same settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from defectstudio.app.comparing import start_comparison
from defectstudio.app.judging import start_evaluation
from defectstudio.app.segmenting import start_segmenter_training
from defectstudio.app.synthesis import resume_synthesis
from defectstudio.app.training import start_training
from defectstudio.app.validation import parse_json
from defectstudio.domain.comparisons import CompareDstSpec, CompareSpec, TrialSpec
from defectstudio.domain.errors import JobError
from defectstudio.domain.records import JobRecord, JobState, Split
from defectstudio.domain.segmenting import EvaluateSpec
from defectstudio.domain.specs import JOB_FILE
from defectstudio.jobs.running import RunningJob
from defectstudio.project.project import Project

_REMEDY = "Start it anew from its dialog."
_ENDED_EARLY = (JobState.INTERRUPTED, JobState.CANCELLED, JobState.FAILED)


def resumes(job: JobRecord) -> bool:
    """Whether the job goes on from a checkpoint, a batch from the samples it made."""
    return job.kind in ("train", "train_segmenter", "synthesize") and job.state in _ENDED_EARLY


def starts_again(job: JobRecord) -> bool:
    """Whether the job can be started anew; a comparison finds its finished trainings again."""
    return job.kind in ("evaluate", "compare") and job.state in _ENDED_EARLY


def once_more(project: Project, job: JobRecord) -> RunningJob:
    """Go on with a job, or start it again.

    Raises JobError for a kind that cannot, or whose description is lost, and what starting raises.
    """
    if job.kind not in _STARTS:
        raise JobError("a job of this kind cannot be started again", subject=job.title)
    return _STARTS[job.kind](project, job)


def _train(project: Project, job: JobRecord) -> RunningJob:
    return start_training(project, name=job.title, resume=True)


def _train_segmenter(project: Project, job: JobRecord) -> RunningJob:
    return start_segmenter_training(project, name=job.title, resume=True)


def _evaluate(project: Project, job: JobRecord) -> RunningJob:
    old = parse_json(EvaluateSpec, job.folder / JOB_FILE, JobError, _REMEDY)
    return start_evaluation(
        project,
        model=old.name,
        split=Split(old.split),
        overrides=asdict(old.settings),
        device=old.device,
    )


def _compare(project: Project, job: JobRecord) -> RunningJob:
    kind: type[CompareSpec] = CompareSpec | CompareDstSpec | TrialSpec  # type: ignore[assignment]
    old = parse_json(kind, job.folder / JOB_FILE, JobError, _REMEDY)
    given = asdict(old.settings)
    return start_comparison(
        project, protocol=old.protocol, item=old.item, overrides=given, device=old.device
    )


_STARTS: dict[str, Callable[[Project, JobRecord], RunningJob]] = {
    "train": _train,
    "train_segmenter": _train_segmenter,
    "synthesize": resume_synthesis,
    "evaluate": _evaluate,
    "compare": _compare,
}
