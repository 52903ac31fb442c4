"""Judge a segmenter on real images, let it look at new ones, hand it on as ONNX."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from defectstudio.app.queueing import AT_ONCE, Job, Wishes, queue, queue_early
from defectstudio.app.run_files import copy_report
from defectstudio.app.runs import take_spread
from defectstudio.app.trials import real_examples, seen_by
from defectstudio.app.validation import settings
from defectstudio.domain.device import Device
from defectstudio.domain.errors import JobError, ProjectError, SettingError, UserError
from defectstudio.domain.events import Event, Log, Progress
from defectstudio.domain.files import write_beside
from defectstudio.domain.records import JobRecord, Split
from defectstudio.domain.segmenting import (
    PREDICTIONS,
    EvaluateSettings,
    EvaluateSpec,
    ExportOnnxSpec,
    PredictSpec,
)
from defectstudio.domain.specs import JOB_FILE
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.once import run_once
from defectstudio.project.models import SEGMENTERS
from defectstudio.project.project import Project

KIND, PREDICT, ONNX = "evaluate", "predict", "export_onnx"
ONNX_FILE = "segmenter.onnx"
REPORT_FOLDER = "report"
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})


def start_evaluation(
    project: Project,
    *,
    model: str,
    split: Split = Split.TEST,
    overrides: Mapping[str, Any] | None = None,
    report: Path | None = None,
    device: Device = "cpu",
    wishes: Wishes = AT_ONCE,
) -> FollowedJob:
    """Judge the segmenter named `model` on the real images of a split of its item.

    overrides: fields of EvaluateSettings and SpreadSettings. report: a folder that gets a copy of
    the report. wishes: how it is queued. Raises ProjectError (no such segmenter, no image in the
    split), CheckpointError and SettingError.
    """
    order = {
        **{"model": model, "split": split, "overrides": overrides},
        **{"report": report, "device": device},
    }
    job = Job(KIND, f"{model} on {split.value}", order, device)
    if wishes.is_early:
        return queue_early(project, job, wishes)
    record = project.segmenter(model)
    card = SEGMENTERS.read_card(record.folder)
    (item,) = [one for one in project.items() if one.id == record.item_id]
    examples = real_examples(project, item, split)
    if not examples:
        raise ProjectError(
            f"the {split.value} split has no image",
            subject=item.name,
            remedy="Split the project first, or name another split.",
        )
    seen = seen_by(project, item, card.trained_on, examples)
    given, where = take_spread(overrides or {})
    spec = EvaluateSpec(
        run=project.root,
        item=item.name,
        name=record.name,
        segmenter=record.folder,
        classes=card.classes,
        examples=examples,
        split=split.value,
        seen=len(seen),
        settings=settings(EvaluateSettings, given),
        device=device,
        spread=where,
    )
    job = replace(job, title=f"{record.name} on {split.value}")
    return queue(project, job, lambda run: replace(spec, run=run), wishes)


def describe_evaluation(project: Project, job: JobRecord) -> None:
    """Write the description of a judgement whose turn has come."""
    if not (job.folder / JOB_FILE).exists():
        order = dict(job.asked.order)
        given = {
            "split": Split(order["split"]),
            "report": Path(order["report"]) if "report" in order else None,
        }
        start_evaluation(project, **{**order, **given}, wishes=Wishes(into=job))


def accept_evaluation(_project: Project, job: JobRecord) -> None:
    """See that the report is there, and copy it where it was wanted."""
    copy_report(evaluation_files(job), job)


def evaluation_files(job: JobRecord) -> tuple[Path, Path]:
    """The JSON file and the page of a finished judgement."""
    folder = job.folder / REPORT_FOLDER
    return folder / "evaluate.json", folder / "evaluate.html"


@dataclass(frozen=True)
class Predicted:
    """What was looked at: how many images, how many show a defect, how many could not be read."""

    folder: Path
    images: int
    with_defects: int
    failed: int


def predict(
    project: Project,
    *,
    model: str,
    source: Path,
    target: Path,
    threshold: float | None = None,
    device: Device = "auto",
    progress: Callable[[int, int], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Predicted:
    """Let a segmenter look at every picture in `source` (a folder, or one picture).

    `target`, a new or empty folder, gets masks, 16-bit probabilities, overlays and
    predictions.json. Raises ProjectError, SettingError and UserError.
    """
    spec = _prediction(project, model, source, target, threshold=threshold, device=device)

    def hear(event: Event) -> None:
        if progress and isinstance(event, Progress):
            progress(event.done, event.total)
        elif warn and isinstance(event, Log) and event.level == "warning":
            warn(event.text)

    # Beside the target, so that it appears whole or not at all.
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as run:
        summary = run_once(replace(spec, run=Path(run)), hear)
        if target.exists():
            target.rmdir()
        (Path(run) / PREDICTIONS).rename(target)
    counts = (int(str(summary[key])) for key in ("images", "with_defects", "failed"))
    return Predicted(target, *counts)


def start_prediction(
    project: Project,
    *,
    model: str,
    source: Path,
    target: Path,
    threshold: float | None = None,
    device: Device = "auto",
) -> FollowedJob:
    """The same as a job; pictures that cannot be read are named in its log. Raises as `predict`."""
    spec = _prediction(project, model, source, target, threshold=threshold, device=device)
    job = Job(PREDICT, f"{source.name} with {model}", {"target": target}, device)
    return queue(project, job, lambda run: replace(spec, run=run))


def accept_prediction(_project: Project, job: JobRecord) -> None:
    """Copy what was found to where it was wanted."""
    target, made = Path(job.asked.order["target"]), job.folder / PREDICTIONS
    if _is_copied(made, target):
        return  # before a kill
    # Beside the target first, so that it appears whole or not at all.
    beside = target.with_name(f".{target.name}-{job.id}.part")
    try:
        shutil.copytree(made, beside)
        if target.exists():
            target.rmdir()
        beside.rename(target)
    except OSError as error:
        raise JobError(
            f"the predictions cannot be written there ({error.strerror or error})",
            subject=target,
            remedy=f"Copy them from {made}.",
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _is_copied(made: Path, target: Path) -> bool:
    told, known = (folder / "predictions.json" for folder in (made, target))
    return told.is_file() and known.is_file() and filecmp.cmp(told, known, shallow=False)


def _prediction(
    project: Project,
    model: str,
    source: Path,
    target: Path,
    *,
    threshold: float | None,
    device: Device,
) -> PredictSpec:
    """What is to be looked at; the folder of the target's parent is made."""
    record = project.segmenter(model)
    images = _pictures(source)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(
            "it is there already and not empty", subject=target, remedy="Name a new folder."
        )
    if threshold is not None and not 0 <= threshold <= 1:
        raise SettingError(
            f"it cannot be {threshold:g}", subject="threshold", remedy="Give a number from 0 to 1."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    names = _names(source, images)
    return PredictSpec(project.root, record.folder, images, names, threshold, device)


def export_onnx(project: Project, *, model: str, target: Path) -> float:
    """Write a segmenter as ONNX; returns how far its probabilities lie from the segmenter's own.

    Raises ProjectError, and UserError where ONNX is not installed.
    """
    record = project.segmenter(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="defectstudio-onnx-") as run:
        summary = run_once(ExportOnnxSpec(Path(run), record.folder), lambda _: None)
        made = Path(run) / ONNX_FILE
        write_beside(target, lambda beside: shutil.copyfile(made, beside))
    return float(str(summary["largest_difference"]))


def start_onnx_export(project: Project, *, model: str, target: Path) -> FollowedJob:
    """The same as a job, which raises as `export_onnx`."""
    record = project.segmenter(model)
    job = Job(ONNX, f"{record.name} as {target.name}", {"target": target})
    return queue(project, job, lambda run: ExportOnnxSpec(run, record.folder))


def accept_onnx(_project: Project, job: JobRecord) -> None:
    """Copy the model to where it was wanted."""
    target, made = Path(job.asked.order["target"]), job.folder / ONNX_FILE
    try:
        write_beside(target, lambda beside: shutil.copyfile(made, beside))
    except OSError as error:
        raise JobError(
            f"the model cannot be written there ({error.strerror or error})",
            subject=target,
            remedy=f"Copy it from {made}.",
        ) from error


def _pictures(source: Path) -> tuple[Path, ...]:
    """Raises UserError for none."""
    if source.is_file():
        return (source,)
    found = (
        tuple(sorted(path for path in source.rglob("*") if path.suffix.lower() in PICTURES))
        if source.is_dir()
        else ()
    )
    if not found:
        raise UserError(
            "there is no picture",
            subject=source,
            remedy=f"Name a folder of pictures ({', '.join(sorted(PICTURES))}).",
        )
    return found


def _names(source: Path, images: tuple[Path, ...]) -> tuple[str, ...]:
    """Of the results: paths below the folder without their endings, or with them where two
    pictures differ in that alone."""
    base = source.parent if source.is_file() else source
    plain = [image.relative_to(base).with_suffix("").as_posix() for image in images]
    folded = [name.casefold() for name in plain]
    return tuple(
        name if folded.count(name.casefold()) == 1 else image.relative_to(base).as_posix()
        for name, image in zip(plain, images, strict=True)
    )
