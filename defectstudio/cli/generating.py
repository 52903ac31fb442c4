"""Commands that make something: train, synthesize, replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from defectstudio.cli.following import After, Priority, Queue, Shrink, follow, queued, wishes
from defectstudio.cli.output import USER_FAULT, Json, command, note, pairs, progress_bar, say
from defectstudio.cli.projects import ItemName, ProjectPath, opened
from defectstudio.domain.device import Device
from defectstudio.domain.generators import Kind
from defectstudio.domain.recipe import BlendMode
from defectstudio.domain.records import GeneratorRecord, SegmenterRecord

if TYPE_CHECKING:
    from defectstudio.jobs.following import FollowedJob

_TRIED = 12
"""Samples of a dry run."""

Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting; may be repeated.")
]


DeviceOption = Annotated[Device, typer.Option("--device", help="Where to compute.")]


@command
def train(
    *,
    project: ProjectPath,
    model: Annotated[
        Literal[Kind, "segmenter"],
        typer.Argument(help="What to train: a kind of generator, or a segmenter."),
    ],
    name: Annotated[str, typer.Option(help="The name of what is trained.")],
    item: ItemName = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(metavar="IMAGE", help="For dst, histmatch: a real defect; may be repeated."),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(help="JSON file of settings, or a preset: recommended, paper, buttonlab."),
    ] = None,
    settings: Settings = None,
    device: DeviceOption = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a stopped one.")] = False,
    queue: Queue = False,
    after: After = None,
    priority: Priority = 0,
    shrink: Shrink = False,
    as_json: Json = False,
) -> None:
    """Train a generator, or a segmenter, on the labeled images of the training split."""
    from defectstudio.app.training_order import GeneratorOrder, SegmenterOrder
    from defectstudio.app.validation import read_settings

    overrides = {**(read_settings(config, model) if config else {}), **pairs(settings or [])}
    wanted = wishes(priority, after, shrink=shrink)
    with opened(project) as used:
        if model == "segmenter":
            from defectstudio.app.segmenting import start_segmenter_training

            job = start_segmenter_training(
                used, SegmenterOrder(name, item, overrides, device), wanted, resume=resume
            )
        else:
            from defectstudio.app.training import start_training

            order = GeneratorOrder(name, model, item, reference or (), overrides, device)
            job = start_training(used, order, wanted, resume=resume)
        if queue or after:
            queued(job, as_json=as_json)
            return
        record = follow(job)
        made: GeneratorRecord | SegmenterRecord = (
            used.segmenter(name) if model == "segmenter" else used.generator(name)
        )
    noun = "segmenter" if model == "segmenter" else "generator"
    result = {noun: asdict(made), "job": asdict(record), "summary": job.summary}
    say(as_json, result, [f"Trained the {model} {made.name}: {made.folder}"])


@command
def synthesize(
    *,
    project: ProjectPath,
    generator: Annotated[str, typer.Option(help="The generator's name.")],
    item: ItemName = None,
    class_name: Annotated[str | None, typer.Option("--class", help="Default: all in turn.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many samples.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same samples.")] = 0,
    mask: Annotated[Path | None, typer.Option(help="A picture of the painted shape.")] = None,
    background: Annotated[Path | None, typer.Option(help="A picture to put defects on.")] = None,
    region: Annotated[
        Path | None, typer.Option(help="A picture of where defects may fall.")
    ] = None,
    regions: Annotated[
        bool, typer.Option("--regions", help="Only inside the regions painted in the window.")
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option(help="CSV of class, count, backgrounds in place of --class and --count."),
    ] = None,
    dry_run: Annotated[
        Path | None,
        typer.Option(metavar="SHEET", help="Accept none: draw some on this contact sheet (PNG)."),
    ] = None,
    blend: Annotated[
        BlendMode | None,
        typer.Option(help="How contents are blended; default improved, dst and histmatch alpha."),
    ] = None,
    settings: Settings = None,
    device: DeviceOption = "cpu",
    queue: Queue = False,
    after: After = None,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Make labeled samples and accept them into the project."""
    from defectstudio.app.batch_order import BatchOrder
    from defectstudio.app.batch_plan import read_plan
    from defectstudio.app.synthesis import start_synthesis

    order = BatchOrder(
        generator,
        item,
        class_name,
        count,
        seed,
        mask,
        background,
        region,
        regions=regions,
        plan=tuple(read_plan(plan)) if plan else (),
        blend=blend,
        overrides=pairs(settings or []),
        device=device,
        trial=_TRIED if dry_run else 0,
    )
    with opened(project) as used:
        job = start_synthesis(used, order, wishes(priority, after))
        if queue or after:
            queued(job, as_json=as_json)
            return
        record = follow(job)
        samples = used.samples()
    result = {"job": asdict(record), "summary": job.summary, "samples_in_project": len(samples)}
    if dry_run:
        say(as_json, {**result, "sheet": dry_run}, _draw_trial(job, dry_run))
        return
    made = sum(sample.job_id == record.id for sample in samples)
    lines = [f"Made {made} samples; the project has {len(samples)}."]
    rejected = sum(not sample.usable for sample in samples)
    if rejected:
        lines.append(f"{rejected} of them were rejected and are not used.")
    refused = job.summary.get("refused")
    if isinstance(refused, dict) and refused:
        lines.append(f"Tried again: {_spoken(refused)}.")
    say(as_json, result, lines)


@command
def replay(
    target: Annotated[Path, typer.Argument(help="A sample's recipe, or an export's folder.")],
    project: Annotated[Path | None, typer.Option(help="Where background and weights are.")] = None,
    generator: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Weights without a project; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make samples again and compare them to the pixel; exit status 1 when any differs."""
    from defectstudio.app.replaying import replay as make_again

    with progress_bar("replay") as show:
        report = make_again(target, project=project, generators=generator or (), progress=show)
    for what, (then, now) in report.versions.items():
        note(f"Made with {what} {then}, here is {now}: pixels may differ.")
    lines = [f"{one.name}: {'the same' if one.same else _differs(asdict(one))}"
             for one in report.samples]  # fmt: skip
    same = sum(one.same for one in report.samples)
    lines += [f"{file}: no longer as it was exported" for file in report.changed]
    lines.append(f"{same} of {len(report.samples)} are the same to the pixel.")
    say(as_json, {**asdict(report), "same": report.same}, lines)
    if not report.same:
        raise typer.Exit(USER_FAULT)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("train")(train)
    app.command("synthesize")(synthesize)
    app.command("replay")(replay)


def _differs(planes: dict[str, object]) -> str:
    where = ", ".join(name for name, same in planes.items() if same is False)
    return f"differs in {where}" + (f": {planes['why']}" if planes["why"] else "")


def _draw_trial(job: FollowedJob, sheet: Path) -> list[str]:
    """Draw the samples of a trial on a sheet and discard them; what to say of it."""
    from defectstudio.app.batch_trial import discard_trial, read_trial, reasons
    from defectstudio.app.sample_sheets import sample_sheet
    from defectstudio.imaging.reading import write_png

    tried = read_trial(job)
    made = [one for one in tried if one.made]
    if made:
        write_png(sheet, sample_sheet(made))
    discard_trial(job)
    lines = [f"{len(made)} of {len(tried)} samples found a place; none was accepted."]
    if made:
        lines.append(f"Contact sheet: {sheet}")
    refused = reasons(tried)
    return [*lines, f"Placements refused: {_spoken(refused)}."] if refused else lines


def _spoken(refused: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} ({times} times)" for reason, times in refused.items())
