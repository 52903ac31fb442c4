"""Train a generator: a job on the training split, its result registered in the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from defectstudio.app.queueing import AT_ONCE, Job, Wishes, queue, queue_again, queue_early
from defectstudio.app.runs import check_free, check_processes, last_run, take_processes
from defectstudio.app.training_images import (
    as_labeled_file,
    found_again,
    is_split,
    normal_files,
    normals_again,
    reference_images,
    training_images,
)
from defectstudio.app.training_order import GeneratorOrder, kept, row_of
from defectstudio.app.validation import parse_json, settings
from defectstudio.domain.bounds import pixels_by_id
from defectstudio.domain.errors import JobError, SettingError
from defectstudio.domain.files import write_json
from defectstudio.domain.generators import (
    CONFIGS,
    FROM_REFERENCES,
    DcdgancConfig,
    GeneratorConfig,
    Kind,
)
from defectstudio.domain.records import Item, JobRecord, Role, Split
from defectstudio.domain.specs import JOB_FILE, TrainSpec
from defectstudio.domain.transfer import DstConfig
from defectstudio.jobs.following import FollowedJob
from defectstudio.project.names import clean_name, name_key
from defectstudio.project.project import Project, item_named

KIND = "train"
GENERATOR_FOLDER = "generator"
UNSPLIT = "all"
"""The split of a generator whose item has none."""
_FEW = 24
"""Fewer labeled images than these teach a network little."""
_ON_RESUME = "steps"
"""The one thing that may change when a run is resumed; with any other it would be another run."""


def start_training(
    project: Project, order: GeneratorOrder, wishes: Wishes = AT_ONCE, *, resume: bool = False
) -> FollowedJob:
    """Train a generator on the labeled images of the item's training split.

    resume goes on with the last run of that name that did not reach its end, in its own folder,
    with its own kind and images; then only `steps` and `processes` may be given. wishes: how it is
    queued. On success the generator is a generator of the project.

    Raises SettingError, ProjectError (no split, no labeled or no normal images, name taken) and
    JobError (nothing to resume, or it runs already).
    """
    order = replace(order, name=clean_name(order.name, "generator"))
    if resume:
        return _resume(project, order)
    job = Job(KIND, order.name, row_of(order), order.device)
    if wishes.is_early:
        return queue_early(project, job, wishes)
    chosen = item_named(project, order.item)
    kind = order.kind or "dcdganc"
    given, processes = take_processes(order.overrides)
    config = settings(CONFIGS[kind], {"kind": kind, **given})
    _check_together(config, processes)
    _check_kind(kind, config.kind)
    check_free(project, KIND, order.name, "generator", project.generators(), but=wishes.into)
    _check_references(order.references, config)
    labeled = (
        reference_images(project, chosen, order.references)
        if order.references
        else training_images(project, chosen)
    )
    images = tuple(as_labeled_file(image) for image in labeled)
    groups = tuple(image.group for image in labeled)
    normals = normal_files(project, chosen) if config.needs_normals else ()
    # A class without a label in the training split has nothing to teach.
    seen = {class_id for image in labeled for class_id in image.class_ids}
    known = project.classes(chosen.id)
    classes = {found.id: found.name for found in known if found.id in seen}
    combined = _taken_out(classes, config.combined)
    pixels_by_id(config.dilate, classes)  # raises where it names no class
    _check_one_class(classes, config)
    split = Split.TRAIN.value if is_split(project, chosen) else UNSPLIT

    def spec(run: Path) -> TrainSpec:
        made = TrainSpec(run, order.name, chosen.name, classes, images, split, config, normals)
        return replace(
            made, device=order.device, combined=combined, groups=groups, processes=processes
        )

    return queue(project, job, spec, wishes)


def usual_kind(project: Project, item: Item) -> Kind:
    """The kind to offer first: that of the item's last generator, or what suits its few defects.

    Kinds that are made of one reference are chosen at that reference and do not count.
    """
    kinds = [one.kind for one in project.generators(item.id) if one.kind not in FROM_REFERENCES]
    if kinds:
        return kinds[-1]
    defects = project.images(item.id, role=Role.DEFECT)
    return "paste" if sum(one.label_file is not None for one in defects) < _FEW else "dcdganc"


def _check_references(references: Sequence[str], config: GeneratorConfig) -> None:
    if references and config.kind not in FROM_REFERENCES:
        raise SettingError(
            f"{config.kind} learns from all labeled images of the training split",
            subject="reference",
            remedy=f"Leave it out, or train {' or '.join(FROM_REFERENCES)}.",
        )


def _check_together(config: GeneratorConfig, processes: int) -> None:
    if processes > 1 and not isinstance(config, DcdgancConfig):
        raise SettingError(
            f"a {config.kind} is trained by one process",
            subject="processes",
            remedy="Leave it out; generators of kind dcdganc, adain and instancenorm, and"
            " segmenters, are trained by several.",
        )
    check_processes(processes, config.batch if isinstance(config, DcdgancConfig) else 1)


def _check_one_class(classes: Mapping[int, str], config: GeneratorConfig) -> None:
    if isinstance(config, DstConfig) and len(classes) > 1 and not config.conditional:
        raise SettingError(
            f"one network of DST makes one class, and the references show {len(classes)}:"
            f" {', '.join(classes.values())}",
            subject="conditional",
            remedy="Name references of one class, or set conditional to true for one network of"
            " all classes.",
        )


def _taken_out(classes: dict[int, str], combined: str) -> int | None:
    """Take the class of mixed defects out of `classes`: its id. Raises SettingError for none."""
    if not combined:
        return None
    for class_id, name in classes.items():
        if name_key(name) == name_key(combined):
            del classes[class_id]
            return class_id
    raise SettingError(
        "the training images have no defect of this class",
        subject=combined,
        remedy=f"There are: {', '.join(classes.values())}.",
    )


def _resume(project: Project, order: GeneratorOrder) -> FollowedJob:
    job = last_run(project, KIND, order.name)
    old = _description(job)
    overrides, processes = take_processes(order.overrides)
    _check_kind(order.kind or old.config.kind, old.config.kind)
    _check_together(old.config, processes)
    for key in overrides:
        if key in type(old.config).__dataclass_fields__ and key != _ON_RESUME:
            raise SettingError(
                "it cannot change when a training is resumed",
                subject=key,
                remedy=f"Leave it out, or start anew; only {_ON_RESUME} may change.",
            )
    config = settings(type(old.config), overrides, old.config)
    spec = _gone_on(project, job)
    spec = replace(spec, config=config, device=order.device, processes=processes)
    return queue_again(project, job, lambda _run: spec)


def describe_training(project: Project, job: JobRecord) -> None:
    """Write the description of a training whose turn has come, for the first time or again."""
    if (job.folder / JOB_FILE).exists():
        write_json(job.folder / JOB_FILE, _gone_on(project, job))
    else:
        start_training(project, kept(GeneratorOrder, job.asked.order), Wishes(into=job))


def accept_training(project: Project, job: JobRecord) -> None:
    """Take the trained generator into the project."""
    spec = _description(job)
    item = item_named(project, spec.item)
    project.add_generator(item.id, spec.name, spec.config.kind, job.folder / GENERATOR_FOLDER)


def _gone_on(project: Project, job: JobRecord) -> TrainSpec:
    """The same training from its checkpoint, its images where the project lies now."""
    old = _description(job)
    chosen = item_named(project, old.item)
    images = found_again(project, chosen, old.images)
    normals = normals_again(project, chosen, old.normals)
    return replace(old, run=job.folder, images=images, normals=normals, resume=True)


def _description(job: JobRecord) -> TrainSpec:
    remedy = "Start the training anew, without --resume."
    return parse_json(TrainSpec, job.folder / JOB_FILE, JobError, remedy)


def _check_kind(wanted: Kind, found: Kind) -> None:
    if wanted != found:
        raise SettingError(
            f"the settings are those of kind {found}",
            subject=wanted,
            remedy=f"Train {found}, or choose other settings or another name.",
        )
