"""Whether the samples of a batch are there already: the same order makes the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.synthesis import KIND, spec_of
from defectstudio.app.validation import parse_json
from defectstudio.domain.errors import JobError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.domain.specs import JOB_FILE, SynthesizeSpec
from defectstudio.project.project import Project

_GIVEN_UP = (JobState.FAILED, JobState.CANCELLED)


def unmade_seed(project: Project, order: BatchOrder) -> int:
    """The seed of the order where it would make something new; else the next one that does.

    Slow where many batches were made. Raises SettingError, ImageError and ProjectError.
    """
    wanted = _but_seed(spec_of(project, order))
    made = {spec.seed for spec in _made(project) if _but_seed(spec) == wanted}
    seed = order.seed
    while seed in made:
        seed += 1
    return seed


def _made(project: Project) -> Iterator[SynthesizeSpec]:
    """The batches that are under way, or made with all their samples still there. Those inside
    painted regions are passed over: the regions may be others by now."""
    kept = Counter(sample.job_id for sample in project.samples())
    for job in project.jobs():
        if job.kind == KIND and job.state not in _GIVEN_UP:
            spec = _description(job)
            if spec is None or spec.only or any(one.region for one in spec.backgrounds):
                continue
            if job.state is not JobState.DONE or kept[job.id] == spec.count:
                yield spec


def _description(job: JobRecord) -> SynthesizeSpec | None:
    """None where it is not written yet, or no longer readable."""
    try:
        return parse_json(SynthesizeSpec, job.folder / JOB_FILE, JobError, "")
    except JobError:
        return None


def _but_seed(spec: SynthesizeSpec) -> SynthesizeSpec:
    return replace(spec, run=spec.generator, seed=0)
