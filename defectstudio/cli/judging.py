"""Commands that judge: compare, evaluate, predict."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from defectstudio.cli.following import After, Priority, Queue, follow, queued, wishes
from defectstudio.cli.generating import DeviceOption, Settings
from defectstudio.cli.output import USER_FAULT, Json, command, note, pairs, progress_bar, say
from defectstudio.cli.projects import ItemName, ProjectPath, opened
from defectstudio.domain.errors import SettingError
from defectstudio.domain.records import Split

ModelName = Annotated[str, typer.Option("--model", help="The segmenter's name.")]


@command
def compare(
    *,
    project: ProjectPath,
    protocol: Annotated[
        Literal["realism", "dst", "enlarge", "strategies", "transfer"],
        typer.Option(help="What is measured, and how."),
    ],
    item: ItemName = None,
    settings: Settings = None,
    report: Annotated[
        Path | None, typer.Option(help="A folder that gets a copy of the report.")
    ] = None,
    device: DeviceOption = "cpu",
    queue: Queue = False,
    after: After = None,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Measure the generators of an item and write a report."""
    from defectstudio.app.comparing import report_files, start_comparison

    with opened(project) as used:
        job = start_comparison(
            used,
            protocol=protocol,
            item=item,
            overrides=pairs(settings or []),
            report=report,
            device=device,
            wishes=wishes(priority, after),
        )
        if queue or after:
            queued(job, as_json=as_json)
            return
        record = follow(job)
    page = [report / file.name if report else file for file in report_files(record, protocol)][1]
    arms = job.summary.get("arms")
    sentences = [arm["sentence"] for arm in arms] if isinstance(arms, list) else []
    result = {"job": asdict(record), "summary": job.summary, "report": page}
    say(as_json, result, [*sentences, f"The report: {page}"])


@command
def evaluate(
    *,
    project: ProjectPath,
    model: ModelName,
    split: Annotated[Split, typer.Option(help="Which real images.")] = Split.TEST,
    settings: Settings = None,
    report: Annotated[
        Path | None, typer.Option(help="A folder that gets a copy of the report.")
    ] = None,
    device: DeviceOption = "cpu",
    queue: Queue = False,
    after: After = None,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Judge a segmenter on the real images of a split and write a report."""
    from defectstudio.app.judging import evaluation_files, start_evaluation

    with opened(project) as used:
        overrides = pairs(settings or [])
        job = start_evaluation(
            used,
            model=model,
            split=split,
            overrides=overrides,
            report=report,
            device=device,
            wishes=wishes(priority, after),
        )
        if queue or after:
            queued(job, as_json=as_json)
            return
        record = follow(job)
    page = [report / file.name if report else file for file in evaluation_files(record)][1]
    result = {"job": asdict(record), "summary": job.summary, "report": page}
    say(as_json, result, [str(job.summary["sentence"]), f"The report: {page}"])


@command
def predict(
    *,
    project: ProjectPath,
    model: ModelName,
    source: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Pictures; only read.")
    ] = None,
    target: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="A new folder for what was found.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="A probability; default that kept at the training.")
    ] = None,
    onnx: Annotated[
        Path | None, typer.Option(help="Write the segmenter to this file instead.")
    ] = None,
    device: DeviceOption = "auto",
    as_json: Json = False,
) -> None:
    """Find defects in new pictures: masks, probabilities and overlays; or export as ONNX."""
    from defectstudio.app import judging

    if (onnx is None) == (source is None) or (source is None) != (target is None):
        raise SettingError(
            "it needs FOLDER and OUT, or --onnx FILE", subject="predict", remedy="Give one of them."
        )
    with opened(project) as used:
        if onnx is not None:
            apart = judging.export_onnx(used, model=model, target=onnx)
            result: dict[str, object] = {"onnx": onnx, "largest_difference": apart}
            say(as_json, result, [f"Wrote {onnx}; probabilities differ by {apart:.1g} at most."])
            return
        assert source is not None and target is not None, "checked above"
        with progress_bar("predict") as show:
            found = judging.predict(
                used,
                model=model,
                source=source,
                target=target,
                threshold=threshold,
                device=device,
                progress=show,
                warn=note,
            )
    lines = [f"{found.with_defects} of {found.images} images show defects: {found.folder}"]
    say(as_json, asdict(found), lines)
    if found.failed:
        raise typer.Exit(USER_FAULT)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("compare")(compare)
    app.command("evaluate")(evaluate)
    app.command("predict")(predict)
