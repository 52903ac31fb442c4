"""Compare generators of an item with its real defects: a job that leaves a report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from defectstudio.app.queueing import AT_ONCE, Job, Wishes, queue, queue_early
from defectstudio.app.run_files import copy_report
from defectstudio.app.runs import take_spread
from defectstudio.app.training_images import (
    as_labeled_file,
    is_split,
    test_images,
    training_images,
)
from defectstudio.app.trials import enlarge_spec, strategies_spec, transfer_spec
from defectstudio.app.validation import settings
from defectstudio.domain.comparisons import (
    CompareDstSpec,
    CompareSpec,
    DstSettings,
    ForecastSpec,
    GroupedFile,
    NamedGenerator,
    RealismSettings,
    TransferredGenerator,
    TrialSpec,
)
from defectstudio.domain.device import Device
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import ImageRecord, Item, JobRecord, Role, Split
from defectstudio.domain.specs import JOB_FILE, BackgroundFile
from defectstudio.domain.transfer import DstConfig
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.once import run_once
from defectstudio.jobs.process import WorkerProcess
from defectstudio.project.models import GENERATORS
from defectstudio.project.project import Project, item_named

KIND = "compare"
REPORT_FOLDER = "report"
TrialProtocol = Literal["enlarge", "strategies", "transfer"]
"""Those that train segmenters."""
Protocol = Literal["realism", "dst"] | TrialProtocol


def start_comparison(
    project: Project,
    *,
    protocol: Protocol = "realism",
    item: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    report: Path | None = None,
    device: Device = "cpu",
    wishes: Wishes = AT_ONCE,
) -> FollowedJob:
    """Measure the generators of the item; see `evaluation.realism`, `dst`, `enlarge`, `zero_shot`.

    Protocol "realism": all of them against the real defects of the test split. "dst": those of
    kind dst against histogram match. "enlarge": segmenters trained with their samples against
    segmenters trained without. "strategies": the same by the number of real defects. "transfer":
    segmenters trained on another item's defects.
    overrides: fields of the protocol's settings (domain.comparisons), as text or values; where
    segmenters are trained, of SpreadSettings too. report: a folder that gets a copy of the report;
    it stays in `report/` of the job's folder in any case. wishes: how it is queued.
    The same project, settings and seed give the same figures on a CPU.

    Raises SettingError and ProjectError (no split, nothing labeled in it, no normal image, no
    generator of kind dst or without its references).
    """
    chosen = item_named(project, item)
    order = {
        **{"protocol": protocol, "item": chosen.name, "overrides": overrides},
        **{"report": report, "device": device},
    }
    job = Job(KIND, f"{protocol} of {chosen.name}", order, device)
    if wishes.is_early:
        return queue_early(project, job, wishes)
    if protocol in _TRIALS:
        given, where = take_spread(overrides or {})
        trial = _TRIALS[protocol](project, chosen, given, device)
        spec: CompareSpec | CompareDstSpec | TrialSpec = replace(trial, spread=where)
    else:
        spec = _SPECS[protocol](project, chosen, overrides or {}, device)
    return queue(project, job, lambda run: replace(spec, run=run), wishes)


def describe_comparison(project: Project, job: JobRecord) -> None:
    """Write the description of a comparison whose turn has come; it finds its finished trainings
    again."""
    if not (job.folder / JOB_FILE).exists():
        order = dict(job.asked.order)
        report = Path(order["report"]) if "report" in order else None
        start_comparison(project, **{**order, "report": report}, wishes=Wishes(into=job))


def accept_comparison(_project: Project, job: JobRecord) -> None:
    """See that the report is there, and copy it where it was wanted."""
    copy_report(report_files(job, job.asked.order["protocol"]), job)


@dataclass(frozen=True)
class Forecast:
    """How long the trainings of a comparison take, those that are kept from before among them."""

    seconds: float
    trainings: int


def forecast(
    project: Project,
    *,
    protocol: TrialProtocol,
    item: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    device: Device = "cpu",
    began: Callable[[WorkerProcess], None] | None = None,
) -> Forecast:
    """Try a few steps of a comparison that trains segmenters, to tell how long it will take.

    began: gets the worker, to stop it. Raises as `start_comparison` does, and JobError.
    """
    chosen = item_named(project, item)
    spec = _TRIALS[protocol](project, chosen, overrides or {}, device)
    with tempfile.TemporaryDirectory(prefix="defectstudio-forecast-") as folder:
        run = Path(folder)
        summary = run_once(ForecastSpec(run, replace(spec, run=run)), lambda _: None, began)
    return Forecast(float(str(summary["seconds"])), int(str(summary["trainings"])))


def _realism(
    project: Project, chosen: Item, overrides: Mapping[str, Any], device: Device
) -> CompareSpec:
    wanted = settings(RealismSettings, overrides)
    training = training_images(project, chosen)
    # A class without a label in the training split gives no mask and teaches no generator.
    labeled = {class_id for image in training for class_id in image.class_ids}
    backgrounds, split = _backgrounds(project, chosen)
    return CompareSpec(
        run=project.root,
        project=project.id,
        item=chosen.name,
        classes={one.id: one.name for one in project.classes(chosen.id) if one.id in labeled},
        generators=_generators(project, chosen),
        training=_grouped(training),
        test=_grouped(test_images(project, chosen)),
        backgrounds=backgrounds,
        background_split=split,
        settings=wanted,
        device=device,
    )


def _dst(
    project: Project, chosen: Item, overrides: Mapping[str, Any], device: Device
) -> CompareDstSpec:
    wanted = settings(DstSettings, overrides)
    labeled = {
        image.sha256: as_labeled_file(image)
        for image in project.images(chosen.id, role=Role.DEFECT)
        if image.label_file is not None and image.split in (None, Split.TRAIN)
    }
    found = []
    for one in project.generators(chosen.id):
        card = GENERATORS.read_card(one.folder)
        if isinstance(card.config, DstConfig):
            known = tuple(labeled[sha] for sha in card.trained_on if sha in labeled)
            if not known:
                raise ProjectError(
                    "the references of the generator are no longer in the project as labeled",
                    subject=one.name,
                    remedy="Import them again, or delete the generator.",
                )
            found.append(TransferredGenerator(one.name, one.folder, known))
    if not found:
        raise ProjectError(
            "the item has no generator of kind dst",
            subject=chosen.name,
            remedy="Train one: `defectstudio train PROJECT dst --reference IMAGE --name NAME`.",
        )
    backgrounds, split = _backgrounds(project, chosen)
    return CompareDstSpec(
        run=project.root,
        project=project.id,
        item=chosen.name,
        generators=tuple(found),
        shapes=tuple(labeled.values()),
        backgrounds=backgrounds,
        background_split=split,
        settings=wanted,
        device=device,
    )


_TRIALS: Mapping[str, Callable[[Project, Item, Mapping[str, Any], Device], TrialSpec]] = {
    "enlarge": enlarge_spec,
    "strategies": strategies_spec,
    "transfer": transfer_spec,
}
_SPECS: Mapping[
    str,
    Callable[
        [Project, Item, Mapping[str, Any], Device],
        CompareSpec | CompareDstSpec | TrialSpec,
    ],
] = {"realism": _realism, "dst": _dst, **_TRIALS}


def report_files(job: JobRecord, protocol: Protocol = "realism") -> tuple[Path, Path]:
    """The JSON file and the page of a finished comparison."""
    folder = job.folder / REPORT_FOLDER
    return folder / f"{protocol}.json", folder / f"{protocol}.html"


def _generators(project: Project, item: Item) -> tuple[NamedGenerator, ...]:
    """The item's generators, each checked against its card. Raises CheckpointError."""
    found = project.generators(item.id)
    for one in found:
        GENERATORS.read_card(one.folder)
    return tuple(NamedGenerator(one.name, one.folder) for one in found)


def _backgrounds(project: Project, item: Item) -> tuple[tuple[BackgroundFile, ...], str]:
    """The normal images of the test split, else of the training split, else all."""
    splits = (Split.TEST, Split.TRAIN) if is_split(project, item) else ()
    for split in (*splits, None):
        images = project.images(item.id, role=Role.NORMAL, split=split)
        if images:
            files = tuple(BackgroundFile(one.file, one.sha256) for one in images)
            return files, split.value if split else "any"
    raise ProjectError(
        "the item has no normal image to blend contents into",
        subject=item.name,
        remedy="Import images without defects.",
    )


def _grouped(images: Sequence[ImageRecord]) -> tuple[GroupedFile, ...]:
    return tuple(GroupedFile(as_labeled_file(image), image.group) for image in images)
