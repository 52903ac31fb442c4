"""Commands on the classes of a project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from defectstudio.cli.output import Json, NewName, command, group, progress_bar, say
from defectstudio.cli.projects import ItemName, ProjectPath, opened

if TYPE_CHECKING:
    from defectstudio.project.project import Project

Name = Annotated[str, typer.Argument(metavar="CLASS", help="Its name.")]

app = group("The classes of a project.")


@app.command("list")
@command
def list_(project: ProjectPath, item: ItemName = None, as_json: Json = False) -> None:
    """All classes of an item and what speaks of them; also those that can be brought back."""
    from defectstudio.app.classes import class_uses

    with _of_item(project, item) as (used, item_id):
        uses, removed = class_uses(used, item_id), used.removed_classes(item_id)
    lines = [
        f"{use.defect.id:3d}  {use.defect.name}: {use.images} images, {use.samples} samples"
        + (f"; learned by {', '.join((*use.generators, *use.segmenters))}"
           if use.generators or use.segmenters else "")
        for use in uses
    ]  # fmt: skip
    lines += [f"{one.id:3d}  {one.name}: removed, can be brought back" for one in removed]
    result = {"classes": [asdict(use) for use in uses], "removed": [asdict(one) for one in removed]}
    say(as_json, result, lines or ["There are no classes."])


@app.command("rename")
@command
def rename(
    project: ProjectPath,
    name: Name,
    new: NewName,
    item: ItemName = None,
    as_json: Json = False,
) -> None:
    """Give a class another name; its number stays."""
    from defectstudio.app.classes import class_named

    with _of_item(project, item) as (used, item_id):
        found = class_named(used.classes(item_id), name)
        used.rename_class(item_id, found.id, new)
    say(as_json, {"id": found.id, "name": new}, [f"{found.name} is {new} now."])


@app.command("merge")
@command
def merge(
    project: ProjectPath,
    name: Name,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The class that gets its pixels.")],
    item: ItemName = None,
    as_json: Json = False,
) -> None:
    """Give the pixels of a class to another one in all labels, and remove it."""
    from defectstudio.app.classes import class_named, merge_classes

    with _of_item(project, item) as (used, item_id), progress_bar("merge") as show:
        classes = used.classes(item_id)
        found, other = class_named(classes, name), class_named(classes, into)
        merge_classes(used, item_id, found.id, other.id, show)
    text = f"{found.name} is {other.name} now; `classes restore` brings it back."
    say(as_json, {"id": found.id, "into": other.id}, [text])


@app.command("delete")
@command
def delete(project: ProjectPath, name: Name, item: ItemName = None, as_json: Json = False) -> None:
    """Remove a class: its pixels become void, samples that show it are removed."""
    from defectstudio.app.classes import class_named, delete_class

    with _of_item(project, item) as (used, item_id), progress_bar("delete") as show:
        found = class_named(used.classes(item_id), name)
        delete_class(used, item_id, found.id, show)
    text = f"{found.name} is gone; `classes restore` brings it back."
    say(as_json, {"id": found.id, "name": found.name}, [text])


@app.command("restore")
@command
def restore(project: ProjectPath, name: Name, item: ItemName = None, as_json: Json = False) -> None:
    """Bring a merged or deleted class back with its pixels, while no label of its has changed."""
    from defectstudio.app.classes import class_named

    with _of_item(project, item) as (used, item_id):
        found = class_named(used.removed_classes(item_id), name)
        used.bring_class_back(item_id, found.id)
    say(as_json, {"id": found.id, "name": found.name}, [f"{found.name} is back."])


@contextmanager
def _of_item(project: Path, item: str | None) -> Iterator[tuple[Project, int]]:
    """The project, and which of its items is meant."""
    from defectstudio.project.project import item_named

    with opened(project) as used:
        yield used, item_named(used, item).id
