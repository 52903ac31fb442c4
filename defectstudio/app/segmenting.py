"""Train a segmenter: a job on the training split and the accepted samples."""

from __future__ import annotations

from dataclasses import replace

from defectstudio.app.queueing import AT_ONCE, Job, Wishes, queue, queue_again, queue_early
from defectstudio.app.runs import check_free, check_processes, last_run, take_processes
from defectstudio.app.training_images import training_images
from defectstudio.app.training_order import SegmenterOrder, kept, row_of
from defectstudio.app.trials import real_examples, seen_by
from defectstudio.app.validation import parse_json, settings
from defectstudio.domain.errors import JobError, ProjectError, SettingError
from defectstudio.domain.files import write_json
from defectstudio.domain.records import Item, JobRecord, Role, SampleRecord, Split
from defectstudio.domain.segmenters import SegmenterConfig
from defectstudio.domain.segmenting import TrainSegmenterSpec
from defectstudio.domain.specs import JOB_FILE, Example, LabeledFile
from defectstudio.jobs.following import FollowedJob
from defectstudio.project.models import GENERATORS
from defectstudio.project.names import clean_name
from defectstudio.project.project import Project, item_named
from defectstudio.project.samples import read_manifest

KIND = "train_segmenter"
SEGMENTER_FOLDER = "segmenter"
_ON_RESUME = "steps"
"""The one thing that may change when a run is resumed; with any other it would be another run."""


def start_segmenter_training(
    project: Project, order: SegmenterOrder, wishes: Wishes = AT_ONCE, *, resume: bool = False
) -> FollowedJob:
    """Train a segmenter on the item's training split and its samples but those that were rejected.

    Samples on backgrounds of another split than training are never used. resume goes on with the
    last run of that name that did not reach its end; then only `steps` and `processes` may be
    given. wishes: how it is queued. On success the segmenter is a segmenter of the project.

    Raises SettingError, ProjectError (no split, neither a label nor a sample, name taken, samples
    of a generator that has seen images it would be judged on) and JobError (nothing to resume, or
    it runs).
    """
    order = replace(order, name=clean_name(order.name, "segmenter"))
    if resume:
        return _resume(project, order)
    job = Job(KIND, order.name, row_of(order), order.device)
    if wishes.is_early:
        return queue_early(project, job, wishes)
    chosen = item_named(project, order.item)
    given, processes = take_processes(order.overrides)
    config = settings(SegmenterConfig, given)
    check_processes(processes, config.batch)
    check_free(project, KIND, order.name, "segmenter", project.segmenters(), but=wishes.into)
    samples = _samples(project, chosen) if config.synthetic_share > 0 else []
    if not samples:
        training_images(project, chosen)  # raises where there is nothing to learn from
    real = project.images(chosen.id, role=Role.DEFECT, split=Split.TRAIN)
    shown = {n for image in real for n in image.class_ids}
    shown |= {n for sample in samples for n in sample.class_ids}
    made = TrainSegmenterSpec(
        run=project.root,
        name=order.name,
        item=chosen.name,
        classes={one.id: one.name for one in project.classes(chosen.id) if one.id in shown},
        training=real_examples(project, chosen, Split.TRAIN),
        validation=real_examples(project, chosen, Split.VAL),
        samples=tuple(LabeledFile(one.file, one.label_file, one.sha256) for one in samples),
        config=config,
        device=order.device,
        processes=processes,
    )
    return queue(project, job, lambda run: replace(made, run=run), wishes)


def describe_segmenter_training(project: Project, job: JobRecord) -> None:
    """Write the description of a training whose turn has come, for the first time or again."""
    if (job.folder / JOB_FILE).exists():
        write_json(job.folder / JOB_FILE, _gone_on(project, job))
    else:
        start_segmenter_training(project, kept(SegmenterOrder, job.asked.order), Wishes(into=job))


def accept_segmenter(project: Project, job: JobRecord) -> None:
    """Take the trained segmenter into the project."""
    spec = _description(job)
    item = item_named(project, spec.item)
    project.add_segmenter(item.id, spec.name, spec.config.arch, job.folder / SEGMENTER_FOLDER)


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


def _resume(project: Project, order: SegmenterOrder) -> FollowedJob:
    job = last_run(project, KIND, order.name)
    overrides, processes = take_processes(order.overrides)
    config = settings(SegmenterConfig, overrides, _description(job).config)
    for key in overrides:
        if key in SegmenterConfig.__dataclass_fields__ and key != _ON_RESUME:
            raise SettingError(
                "it cannot change when a training is resumed",
                subject=key,
                remedy=f"Leave it out, or start anew; only {_ON_RESUME} may change.",
            )
    check_processes(processes, config.batch)
    spec = _gone_on(project, job)
    spec = replace(spec, config=config, device=order.device, processes=processes)
    return queue_again(project, job, lambda _run: spec)


def _description(job: JobRecord) -> TrainSegmenterSpec:
    remedy = "Start the training anew, without --resume."
    return parse_json(TrainSegmenterSpec, job.folder / JOB_FILE, JobError, remedy)


def _gone_on(project: Project, job: JobRecord) -> TrainSegmenterSpec:
    """The same training from its checkpoint, its images where the project lies now."""
    old = _description(job)
    chosen = item_named(project, old.item)
    training, validation = (
        _found_again(real_examples(project, chosen, split), before)
        for split, before in ((Split.TRAIN, old.training), (Split.VAL, old.validation))
    )
    usable = [one for one in project.samples(chosen.id) if one.usable]
    samples = {(one.sha256, one.label_file.name): one for one in usable}
    _check_none_gone([one for one in old.samples if (one.sha256, one.label.name) not in samples])
    files = (samples[one.sha256, one.label.name] for one in old.samples)
    return replace(
        old,
        run=job.folder,
        training=training,
        validation=validation,
        samples=tuple(LabeledFile(one.file, one.label_file, one.sha256) for one in files),
        resume=True,
    )


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
