"""Train a generator: a job on the training split, its result registered in the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from defectstudio.app.validation import parse_json, settings
from defectstudio.domain.bounds import pixels_by_id
from defectstudio.domain.errors import JobError, ProjectError, SettingError
from defectstudio.domain.generators import CONFIGS, Kind
from defectstudio.domain.records import ImageRecord, Item, JobRecord, JobState, Role, Split
from defectstudio.domain.specs import JOB_FILE, BackgroundFile, Device, LabeledFile, TrainSpec
from defectstudio.jobs.running import Accept, RunningJob, resume_job, start_job
from defectstudio.project.names import clean_name, name_key
from defectstudio.project.project import Project, item_named

KIND = "train"
GENERATOR_FOLDER = "generator"
_ON_RESUME = "steps"
"""The one thing that may change when a run is resumed; with any other it would be another run."""


def start_training(
    project: Project,
    *,
    name: str,
    kind: Kind | None = None,
    item: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    device: Device = "auto",
    resume: bool = False,
) -> RunningJob:
    """Train a generator named `name` on the labeled images of the item's training split.

    kind: default "dcdganc". overrides: fields of its configuration, as text or values. resume
    goes on with the last run of that name that did not reach its end, in its own folder, with its
    own kind and images; then only `steps` may be given. On success the generator is a generator
    of the project.

    Raises SettingError, ProjectError (no split, no labeled or no normal images, name taken) and
    JobError (nothing to resume, or it runs already).
    """
    name = clean_name(name, "generator")
    if resume:
        return _resume(project, name, kind, overrides or {}, device)
    chosen = item_named(project, item)
    kind = kind or "dcdganc"
    config = settings(CONFIGS[kind], {"kind": kind, **(overrides or {})})
    _check_kind(kind, config.kind)
    _check_free(project, name)
    labeled = training_images(project, chosen)
    images = tuple(as_labeled_file(image) for image in labeled)
    normals = _normals(project, chosen) if config.needs_normals else ()
    # A class without a label in the training split has nothing to teach.
    seen = {class_id for image in labeled for class_id in image.class_ids}
    known = project.classes(chosen.id)
    classes = {found.id: found.name for found in known if found.id in seen}
    combined = _taken_out(classes, config.combined)
    pixels_by_id(config.dilate, classes)  # raises where it names no class

    def spec(run: Path) -> TrainSpec:
        split = Split.TRAIN.value
        made = TrainSpec(run, name, chosen.name, classes, images, split, config, normals, device)
        return replace(made, combined=combined)

    return start_job(project, KIND, name, spec, _accept(project, chosen.id, name, kind))


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


def training_images(project: Project, item: Item) -> list[ImageRecord]:
    """The item's labeled defect images of the training split. Raises ProjectError for none."""
    if not is_split(project, item):
        raise ProjectError(
            "the item has no split, and a generator must never see the images it is judged on",
            subject=item.name,
            remedy="Run `defectstudio split` first.",
        )
    images = project.images(item.id, role=Role.DEFECT, split=Split.TRAIN)
    labeled = [image for image in images if image.label_file is not None]
    if not labeled:
        raise ProjectError(
            "the training split has no labeled defect image",
            subject=item.name,
            remedy="Import images with masks or paint some, then split again.",
        )
    return labeled


def _normals(project: Project, item: Item) -> tuple[BackgroundFile, ...]:
    """The item's normal images of the training split. Raises ProjectError for none."""
    images = project.images(item.id, role=Role.NORMAL, split=Split.TRAIN)
    if not images:
        raise ProjectError(
            "the training split has no normal image, and this kind of generator learns from some",
            subject=item.name,
            remedy="Import images without defects, then split again.",
        )
    return tuple(BackgroundFile(image.file, image.sha256) for image in images)


def is_split(project: Project, item: Item) -> bool:
    """Whether any image of the item belongs to a split."""
    return any(image.split is not None for image in project.images(item.id))


def as_labeled_file(image: ImageRecord) -> LabeledFile:
    """A labeled image as a worker sees it."""
    assert image.label_file is not None
    return LabeledFile(image.file, image.label_file, image.sha256)


def _resume(
    project: Project, name: str, kind: Kind | None, overrides: Mapping[str, Any], device: Device
) -> RunningJob:
    job = _last_run(project, name)
    old = parse_json(
        TrainSpec, job.folder / JOB_FILE, JobError, "Start the training anew, without --resume."
    )
    _check_kind(kind or old.config.kind, old.config.kind)
    for key in overrides:
        if key in type(old.config).__dataclass_fields__ and key != _ON_RESUME:
            raise SettingError(
                "it cannot change when a training is resumed",
                subject=key,
                remedy=f"Leave it out, or start anew; only {_ON_RESUME} may change.",
            )
    chosen = item_named(project, old.item)
    images = _found_again(project, chosen, old.images)
    normals = _normals_again(project, chosen, old.normals)
    config = settings(type(old.config), overrides, old.config)

    def spec(run: Path) -> TrainSpec:
        moved = replace(old, run=run, images=images, normals=normals)
        return replace(moved, config=config, device=device, resume=True)

    return resume_job(project, job.id, spec, _accept(project, chosen.id, name, config.kind))


def _check_kind(wanted: Kind, found: Kind) -> None:
    if wanted != found:
        raise SettingError(
            f"the settings are those of kind {found}",
            subject=wanted,
            remedy=f"Train {found}, or choose other settings or another name.",
        )


def _last_run(project: Project, name: str) -> JobRecord:
    runs = [job for job in project.jobs() if job.kind == KIND and job.title == name]
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
            remedy="Train under another name, or synthesize with it.",
        )
    return runs[-1]


def _check_free(project: Project, name: str) -> None:
    if any(name_key(known.name) == name_key(name) for known in project.generators()):
        raise ProjectError(
            "the project has a generator of this name", subject=name, remedy="Choose another name."
        )
    live = (JobState.QUEUED, JobState.RUNNING)
    if any(j.kind == KIND and j.title == name and j.state in live for j in project.jobs()):
        raise JobError(
            "a training of this name runs already", subject=name, remedy="Choose another name."
        )


def _found_again(
    project: Project, item: Item, images: Sequence[LabeledFile]
) -> tuple[LabeledFile, ...]:
    """The same files where the project lies now: it may have been moved meanwhile.

    Raises JobError when a split or a label made since would let the run see what it must not.
    """
    training = [as_labeled_file(image) for image in training_images(project, item)]
    now = {(file.sha256, file.label.name): file for file in training}
    _check_none_gone(old.image for old in images if (old.sha256, old.label.name) not in now)
    return tuple(now[old.sha256, old.label.name] for old in images)


def _normals_again(
    project: Project, item: Item, normals: Sequence[BackgroundFile]
) -> tuple[BackgroundFile, ...]:
    """The same normal images where the project lies now. Raises JobError as `_found_again`."""
    if not normals:
        return ()
    now = {file.sha256: file for file in _normals(project, item)}
    _check_none_gone(old.image for old in normals if old.sha256 not in now)
    return tuple(now[old.sha256] for old in normals)


def _check_none_gone(gone: Iterable[Path]) -> None:
    for image in gone:
        raise JobError(
            "an image of the training is no longer in the project's training split as labeled",
            subject=image.name,
            remedy="Start the training anew.",
        )


def _accept(project: Project, item_id: int, name: str, kind: Kind) -> Accept:
    def accept(job: JobRecord) -> None:
        project.add_generator(item_id, name, kind, job.folder / GENERATOR_FOLDER)

    return accept
