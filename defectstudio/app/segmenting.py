"""Train a segmenter: a job on the training split and the accepted samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from defectstudio.app.runs import check_free, check_processes, last_run, take_processes
from defectstudio.app.training_images import training_images
from defectstudio.app.trials import real_examples, seen_by
from defectstudio.app.validation import parse_json, settings
from defectstudio.domain.device import Device
from defectstudio.domain.errors import JobError, ProjectError, SettingError
from defectstudio.domain.records import Item, JobRecord, Role, SampleRecord, Split
from defectstudio.domain.segmenters import Architecture, SegmenterConfig
from defectstudio.domain.segmenting import TrainSegmenterSpec
from defectstudio.domain.specs import JOB_FILE, Example, LabeledFile
from defectstudio.jobs.running import Accept, RunningJob, resume_job, start_job
from defectstudio.project.models import GENERATORS
from defectstudio.project.names import clean_name
from defectstudio.project.project import Project, item_named
from defectstudio.project.samples import read_manifest

KIND = "train_segmenter"
SEGMENTER_FOLDER = "segmenter"
_ON_RESUME = "steps"
"""The one thing that may change when a run is resumed; with any other it would be another run."""


def start_segmenter_training(
    project: Project,
    *,
    name: str,
    item: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    device: Device = "auto",
    resume: bool = False,
) -> RunningJob:
    """Train a segmenter named `name` on the item's training split and its samples but those
    that were rejected.

    overrides: fields of SegmenterConfig, as text or values; `synthetic_share` 0 leaves the samples
    out; and `processes`, which train together. Samples on backgrounds of another split than
    training are never used. resume goes on with the last run of that name that did not reach its
    end; then only `steps` and `processes` may be given. On success the segmenter is a segmenter
    of the project.

    Raises SettingError, ProjectError (no split, neither a label nor a sample, name taken, samples
    of a generator that has seen images it would be judged on) and JobError (nothing to resume, or
    it runs).
    """
    name = clean_name(name, "segmenter")
    if resume:
        return _resume(project, name, overrides or {}, device)
    chosen = item_named(project, item)
    wishes, processes = take_processes(overrides or {})
    config = settings(SegmenterConfig, wishes)
    check_processes(processes, config.batch)
    check_free(project, KIND, name, "segmenter", project.segmenters())
    samples = _samples(project, chosen) if config.synthetic_share > 0 else []
    if not samples:
        training_images(project, chosen)  # raises where there is nothing to learn from
    real = project.images(chosen.id, role=Role.DEFECT, split=Split.TRAIN)
    shown = {n for image in real for n in image.class_ids}
    shown |= {n for sample in samples for n in sample.class_ids}
    made = TrainSegmenterSpec(
        run=project.root,
        name=name,
        item=chosen.name,
        classes={one.id: one.name for one in project.classes(chosen.id) if one.id in shown},
        training=real_examples(project, chosen, Split.TRAIN),
        validation=real_examples(project, chosen, Split.VAL),
        samples=tuple(LabeledFile(one.file, one.label_file, one.sha256) for one in samples),
        config=config,
        device=device,
        processes=processes,
    )
    accept = _accept(project, chosen.id, name, config.arch)
    return start_job(project, KIND, name, lambda run: replace(made, run=run), accept)


def _samples(project: Project, item: Item) -> list[SampleRecord]:
    """Those on backgrounds of the training split that nobody rejected.

    Raises ProjectError for samples of a generator that has seen images of another split.
    """
    training = {image.id for image in project.images(item.id, split=Split.TRAIN)}
    found = [
        one for one in project.samples(item.id) if one.background_id in training and one.usable
    ]
    judged = [*real_examples(project, item, Split.VAL), *real_examples(project, item, Split.TEST)]
    leaking = _leaking(project, item, judged)
    for sample in found if leaking else []:
        made_by = {one.generator for one in read_manifest(sample.recipe_file).recipe.defects}
        if told := made_by & set(leaking):
            raise ProjectError(
                "a sample was made by a generator that was trained on images of the validation or"
                " test split, which it would help to find",
                subject=", ".join(leaking[sha] for sha in told),
                remedy="Train the generator on the training split and make the samples again, or"
                " set synthetic_share to 0.",
            )
    return found


def _leaking(project: Project, item: Item, judged: list[Example]) -> dict[str, str]:
    """Generators of the item that have seen parts of the images: hash and name."""
    return {
        one.sha256: one.name
        for one in project.generators(item.id)
        if seen_by(project, item, GENERATORS.read_card(one.folder).trained_on, judged)
    }


def _resume(
    project: Project, name: str, overrides: Mapping[str, Any], device: Device
) -> RunningJob:
    job = last_run(project, KIND, name)
    remedy = "Start the training anew, without --resume."
    overrides, processes = take_processes(overrides)
    old = parse_json(TrainSegmenterSpec, job.folder / JOB_FILE, JobError, remedy)
    for key in overrides:
        if key in SegmenterConfig.__dataclass_fields__ and key != _ON_RESUME:
            raise SettingError(
                "it cannot change when a training is resumed",
                subject=key,
                remedy=f"Leave it out, or start anew; only {_ON_RESUME} may change.",
            )
    check_processes(processes, old.config.batch)
    chosen = item_named(project, old.item)
    training, validation = (
        _found_again(real_examples(project, chosen, split), before)
        for split, before in ((Split.TRAIN, old.training), (Split.VAL, old.validation))
    )
    usable = [one for one in project.samples(chosen.id) if one.usable]
    samples = {(one.sha256, one.label_file.name): one for one in usable}
    _check_none_gone([one for one in old.samples if (one.sha256, one.label.name) not in samples])
    files = (samples[one.sha256, one.label.name] for one in old.samples)
    now = replace(
        old,
        training=training,
        validation=validation,
        samples=tuple(LabeledFile(one.file, one.label_file, one.sha256) for one in files),
        config=settings(SegmenterConfig, overrides, old.config),
        device=device,
        resume=True,
        processes=processes,
    )
    accept = _accept(project, chosen.id, name, old.config.arch)
    return resume_job(project, job.id, lambda run: replace(now, run=run), accept)


def _found_again(now: tuple[Example, ...], before: tuple[Example, ...]) -> tuple[Example, ...]:
    """The same images where the project lies now: it may have been moved meanwhile."""
    known = {_key(one): one for one in now}
    _check_none_gone([one for one in before if _key(one) not in known])
    return tuple(known[_key(one)] for one in before)


def _key(one: Example) -> tuple[str, str]:
    return one.sha256, one.label.name if one.label else ""


def _check_none_gone(gone: list[Example] | list[LabeledFile]) -> None:
    for one in gone:
        raise JobError(
            "an image of the training is no longer in the project as it was, or was rejected",
            subject=one.image.name,
            remedy="Start the training anew.",
        )


def _accept(project: Project, item_id: int, name: str, kind: Architecture) -> Accept:
    def accept(job: JobRecord) -> None:
        project.add_segmenter(item_id, name, kind, job.folder / SEGMENTER_FOLDER)

    return accept
