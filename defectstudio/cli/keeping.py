"""Commands that keep a project: tidy, pack, unpack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from defectstudio.cli.output import Json, command, progress_bar, say
from defectstudio.cli.projects import ProjectPath, opened
from defectstudio.domain.words import size

if TYPE_CHECKING:
    from defectstudio.project.unused import Unused

_NAMES = {
    "file": "stored files",
    "run": "folders of jobs that are gone",
    "model": "folders of models that are gone",
    "checkpoint": "checkpoints of finished trainings",
    "cache": "what comparisons can make again",
    "backup": "old backups",
    "remnant": "what a killed program left",
}


@command
def tidy(
    project: ProjectPath,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Delete nothing, only list.")] = False,
    caches: Annotated[
        bool, typer.Option(help="Also what comparisons find again, and else compute for hours.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Delete files that nothing in the project speaks of any more."""
    from defectstudio.project.unused import DEAR

    with opened(project) as used:
        found = [one for one in used.unused_files() if caches or one.sort not in DEAR]
        if not dry_run:
            found = used.remove_unused_files({one.sort for one in found})
    verb = "Would delete" if dry_run else "Deleted"
    total = sum(one.size for one in found)
    last = f"{verb} {size(total)}." if found else "Nothing is unused."
    listed = (f"{size(one.size):>10}  {one.path}" for one in found) if dry_run else ()
    result = {"unused": [asdict(one) for one in found], "bytes": total, "dry_run": dry_run}
    say(as_json, result, [*listed, *_sums(found), last])


@command
def pack(
    project: ProjectPath,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as wood.tar.")],
    as_json: Json = False,
) -> None:
    """Put a whole project into one file, to keep it or to take it elsewhere."""
    with opened(project) as used, progress_bar("pack") as show:
        made = used.pack(file, show)
    said = f"Packed {made.files} files, {size(made.size)}, into {made.path}."
    say(as_json, asdict(made), [said])


@command
def unpack(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What pack made.")],
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="A new or empty folder.")],
    as_json: Json = False,
) -> None:
    """Make the project of such a file in a new folder, and check that it is whole."""
    from defectstudio.project.unpacking import unpack as unpack_project

    with progress_bar("unpack") as show:
        made = unpack_project(file, project, show)
    said = f"Unpacked {made.files} files, {size(made.size)}, to {made.path}."
    say(as_json, asdict(made), [said])


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("tidy")(tidy)
    app.command("pack")(pack)
    app.command("unpack")(unpack)


def _sums(found: list[Unused]) -> Iterator[str]:
    sizes: dict[str, list[int]] = defaultdict(list)
    for one in found:
        sizes[one.sort].append(one.size)
    for sort, all_sizes in sizes.items():
        yield f"{size(sum(all_sizes)):>10}  {len(all_sizes)} {_NAMES[sort]}"
