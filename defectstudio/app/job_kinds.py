"""The kinds of jobs that the queue of a project knows."""

from __future__ import annotations

from collections.abc import Mapping

from defectstudio.app.auditing import accept_audit, describe_audit
from defectstudio.app.batch_jobs import accept_synthesis, describe_synthesis
from defectstudio.app.comparing import accept_comparison, describe_comparison
from defectstudio.app.exporting import do_export
from defectstudio.app.importing import do_import
from defectstudio.app.judging import (
    accept_evaluation,
    accept_onnx,
    accept_prediction,
    describe_evaluation,
)
from defectstudio.app.segmenting import accept_segmenter, describe_segmenter_training
from defectstudio.app.shrinking import smaller
from defectstudio.app.training import accept_training, describe_training
from defectstudio.domain.records import JobRecord
from defectstudio.jobs.kinds import InlineKind, JobKind, WorkerKind
from defectstudio.project.project import Project


def _as_it_is(_project: Project, _job: JobRecord) -> None:
    """What was written when it was queued still holds."""


KINDS: Mapping[str, JobKind] = {
    "import": InlineKind(do_import),
    "train": WorkerKind(describe_training, accept_training, smaller=smaller),
    "train_segmenter": WorkerKind(describe_segmenter_training, accept_segmenter, smaller=smaller),
    "synthesize": WorkerKind(describe_synthesis, accept_synthesis),
    "evaluate": WorkerKind(describe_evaluation, accept_evaluation),
    "audit": WorkerKind(describe_audit, accept_audit),
    "compare": WorkerKind(describe_comparison, accept_comparison),
    "predict": WorkerKind(_as_it_is, accept_prediction),
    "export_onnx": WorkerKind(_as_it_is, accept_onnx),
    "export": InlineKind(do_export),
}
"""By the kind that a job's row has."""
