"""Trained models of a project: what there is, what it takes, what speaks of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from defectstudio.domain.errors import ProjectError
from defectstudio.project.models import GENERATORS, SEGMENTERS, CardT, RecordT, Shelf
from defectstudio.project.names import name_key
from defectstudio.project.project import Project

Sort = Literal["generator", "segmenter"]


@dataclass(frozen=True)
class ModelUse:
    """A model and what speaks of it. size: bytes of its files; samples: made with it."""

    sort: Sort
    name: str
    kind: str
    item: str
    classes: tuple[str, ...]
    size: int
    samples: int


def model_uses(project: Project, item_id: int | None = None) -> list[ModelUse]:
    """Generators, then segmenters, of an item or all. Reads every recipe.

    Raises CheckpointError for a model that is damaged.
    """
    recipes = [one.recipe_file.read_bytes() for one in project.samples(item_id)]
    items = {one.id: one.name for one in project.items()}

    def uses(
        shelf: Shelf[CardT, RecordT], sort: Sort, records: Sequence[RecordT]
    ) -> list[ModelUse]:
        return [
            ModelUse(
                sort,
                one.name,
                one.kind,
                items[one.item_id],
                tuple(shelf.read_card(one.folder).classes.values()),
                sum(path.stat().st_size for path in one.folder.rglob("*") if path.is_file()),
                # A hash of 64 digits stands nowhere by chance; parsing takes a millisecond each.
                sum(one.sha256.encode() in recipe for recipe in recipes),
            )
            for one in records
        ]

    return [
        *uses(GENERATORS, "generator", project.generators(item_id)),
        *uses(SEGMENTERS, "segmenter", project.segmenters(item_id)),
    ]


def sort_of(project: Project, name: str) -> Sort:
    """Whether a generator or a segmenter has this name. Raises ProjectError for none and both."""
    key = name_key(name.strip())
    names: dict[Sort, list[str]] = {
        "generator": [one.name for one in project.generators()],
        "segmenter": [one.name for one in project.segmenters()],
    }
    found = [sort for sort, known in names.items() if key in map(name_key, known)]
    if len(found) == 2:
        raise ProjectError(
            "a generator and a segmenter have this name", subject=name, remedy="Say which is meant."
        )
    if not found:
        known = ", ".join(name for own in names.values() for name in own) or "none"
        raise ProjectError(
            "the project has no model of this name", subject=name, remedy=f"It has: {known}."
        )
    return found[0]


def rename_model(project: Project, sort: Sort, name: str, new: str) -> None:
    """Raises ProjectError for an unknown name and for one that is taken."""
    rename: Callable[[str, str], object] = (
        project.rename_generator if sort == "generator" else project.rename_segmenter
    )
    rename(name, new)


def remove_model(project: Project, sort: Sort, name: str) -> None:
    """Remove a model with its files. Samples made with it stay, but cannot be made again.

    Raises ProjectError for an unknown name and while a job runs.
    """
    remove = project.remove_generator if sort == "generator" else project.remove_segmenter
    remove(name)
