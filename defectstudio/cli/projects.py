"""Commands on the data of a project: new, import, split, export."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from defectstudio.cli.following import After, Priority, Queue, queued, wishes
from defectstudio.cli.output import USER_FAULT, Json, command, note, pairs, progress_bar, say
from defectstudio.domain.records import Split
from defectstudio.domain.words import counted

if TYPE_CHECKING:
    from defectstudio.app.importing import ImportReport
    from defectstudio.project.project import Project

ProjectPath = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")]
ExportFormat = Literal[
    "coco", "coco-polygons", "yolo", "voc", "labelme", "labelme-polygons", "cvat", "mvtec",
    "mvtec2", "png",
]  # fmt: skip
ImportFormat = Literal[
    "auto", "mvtec", "voc", "yolo", "cvat", "crackforest", "coco", "labelme", "folder"
]
ItemName = Annotated[str | None, typer.Option("--item", help="An item; default the only one.")]


@contextmanager
def opened(path: Path) -> Iterator[Project]:
    """The project at `path`, remembered among the recent ones."""
    from defectstudio.app.projects import open_project, remember

    with open_project(path) as project:
        note(remember(project))
        yield project


@command
def new(
    project: ProjectPath,
    item: Annotated[str, typer.Option("--item", help="The product whose images belong together.")],
    as_json: Json = False,
) -> None:
    """Make a project in a new or empty folder."""
    from defectstudio.app.projects import new_project, remember

    with new_project(project, item) as made:
        note(remember(made))
        result = {"project": made.root, "id": made.id, "item": item}
        say(as_json, result, [f"Made the project {made.root} with the item {item}."])


@command
def import_(
    *,
    project: ProjectPath,
    source: Annotated[Path, typer.Argument(help="A folder of images and masks; only read.")],
    format: Annotated[ImportFormat, typer.Option(help="The folder's layout.")] = "auto",
    item: Annotated[str | None, typer.Option(help="The item; made when there is none.")] = None,
    groups: Annotated[
        Path | None, typer.Option(help="CSV that says which images show one part.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing, only say.")] = False,
    queue: Queue = False,
    after: After = None,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Take images with their masks into a project; exit status 1 when files were left out."""
    from defectstudio.app.importing import import_images, queue_import

    if queue or after:
        wanted = wishes(priority, after)
        with opened(project) as used:
            job = queue_import(
                used, source, format=format, item=item, groups_csv=groups, wishes=wanted
            )
        queued(job, as_json=as_json)
        return
    with opened(project) as used, progress_bar("import") as show:
        report = import_images(
            used,
            source,
            format=format,
            item=item,
            groups_csv=groups,
            dry_run=dry_run,
            progress=show,
        )
    say(as_json, asdict(report), _import_lines(report))
    if report.problems:
        raise typer.Exit(USER_FAULT)


@command
def split(
    *,
    project: ProjectPath,
    train: Annotated[float, typer.Option(help="Fraction for training.")] = 0.6,
    val: Annotated[float, typer.Option(help="Fraction for validation.")] = 0.2,
    test: Annotated[float, typer.Option(help="Fraction for testing.")] = 0.2,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same split.")] = 0,
    as_json: Json = False,
) -> None:
    """Split the images into training, validation and test, by group."""
    from defectstudio.app.splitting import split as split_project

    with opened(project) as used:
        report = split_project(used, train, val, test, seed)
    for warning in report.warnings:
        note(f"Warning: {warning}")
    lines = [
        f"{row.item}, {row.class_name}: "
        + ", ".join(
            f"{name} {count} ({row.groups[name]} parts)" for name, count in row.images.items()
        )
        for row in report.rows
    ]
    say(as_json, asdict(report), lines)


@command
def export(
    *,
    project: ProjectPath,
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    format: Annotated[ExportFormat, typer.Option(help="The layout.")],
    split: Annotated[list[Split] | None, typer.Option(help="Only these; may be repeated.")] = None,
    item: ItemName = None,
    real: Annotated[bool, typer.Option(help="With the real images.")] = True,
    synthetic: Annotated[bool, typer.Option(help="With the samples; rejected ones never.")] = True,
    undecided: Annotated[bool, typer.Option(help="With samples not reviewed yet.")] = True,
    merge: Annotated[
        list[str] | None, typer.Option(help="OLD=NEW: export a class as another; may be repeated.")
    ] = None,
    tile: Annotated[
        int | None, typer.Option(help="Cut pictures into pieces of this many pixels.", min=16)
    ] = None,
    queue: Queue = False,
    after: After = None,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Write a frozen dataset of images and samples; without --item of all items."""
    from defectstudio.app.exporting import export as export_project
    from defectstudio.app.exporting import queue_export

    if queue or after:
        with opened(project) as used:
            job = queue_export(
                used,
                out,
                format,
                item=item,
                splits=split,
                real=real,
                synthetic=synthetic,
                undecided=undecided,
                merge=pairs(merge or ()),
                tile=tile,
                wishes=wishes(priority, after),
            )
        queued(job, as_json=as_json)
        return
    with opened(project) as used, progress_bar("export") as show:
        report = export_project(
            used,
            out,
            format,
            item=item,
            splits=split,
            real=real,
            synthetic=synthetic,
            undecided=undecided,
            merge=pairs(merge or ()),
            tile=tile,
            progress=show,
        )
    written = counted(report.images, "images")
    lines = [f"Wrote {written}, {report.synthetic} of them synthetic, to {report.out}."]
    say(as_json, asdict(report), [*lines, *report.notes])


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("new")(new)
    app.command("import")(import_)
    app.command("split")(split)
    app.command("export")(export)


def _import_lines(report: ImportReport) -> Iterator[str]:
    verb = "Would add" if report.dry_run else "Added"
    yield f"{verb} {report.added_images} of {report.found} images to {report.item}."
    yield from (f"  {name}: {count}" for name, count in sorted(report.added.items()))
    if report.known:
        yield f"{report.known} were there already."
    yield from report.notes
    yield from (f"Left out {line}" for line in report.left_out())
    if report.problems:
        yield f"{len(report.problems)} files were left out."
