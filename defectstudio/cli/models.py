"""Commands on the trained models of a project."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from defectstudio.cli.output import Json, NewName, command, group, say
from defectstudio.cli.projects import ProjectPath, opened
from defectstudio.domain.words import size

if TYPE_CHECKING:
    from defectstudio.app.models import Sort
    from defectstudio.project.project import Project

Name = Annotated[str, typer.Argument(metavar="MODEL", help="Its name.")]
SortOption = Annotated[
    Literal["generator", "segmenter"] | None,
    typer.Option("--sort", help="Which is meant, where both have the name."),
]

app = group("The trained models of a project.")


@app.command("list")
@command
def list_(project: ProjectPath, as_json: Json = False) -> None:
    """All generators and segmenters with their sizes."""
    from defectstudio.app.models import model_uses

    with opened(project) as used:
        found = model_uses(used)
    lines = [
        f"{one.sort:<9}  {size(one.size):>10}  {one.name}  ({one.kind}, {one.item}: "
        f"{', '.join(one.classes)}; {one.samples} samples)"
        for one in found
    ]
    say(as_json, {"models": [asdict(one) for one in found]}, lines or ["There are no models."])


@app.command("rename")
@command
def rename(
    project: ProjectPath,
    model: Name,
    new: NewName,
    sort: SortOption = None,
    as_json: Json = False,
) -> None:
    """Give a model another name."""
    from defectstudio.app.models import rename_model

    with opened(project) as used:
        chosen = _sort(used, model, sort)
        rename_model(used, chosen, model, new)
    say(as_json, {"sort": chosen, "name": new}, [f"The {chosen} {model} is {new} now."])


@app.command("delete")
@command
def delete(
    project: ProjectPath, model: Name, sort: SortOption = None, as_json: Json = False
) -> None:
    """Remove a model with its files; samples made with it stay, but cannot be made again."""
    from defectstudio.app.models import remove_model

    with opened(project) as used:
        chosen = _sort(used, model, sort)
        remove_model(used, chosen, model)
    say(as_json, {"sort": chosen, "name": model}, [f"The {chosen} {model} is gone."])


def _sort(project: Project, model: str, given: Sort | None) -> Sort:
    from defectstudio.app.models import sort_of

    return given or sort_of(project, model)
