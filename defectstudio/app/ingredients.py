"""What recipes are made of, found by hash: in a project, an export, the installation, folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from defectstudio.app.sample_project import shipped_generators
from defectstudio.domain.errors import RecipeError
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.specs import ReplayTarget
from defectstudio.exchange.manifest import Manifest
from defectstudio.project.models import GENERATORS
from defectstudio.project.project import Project

_NAMED = 3


@dataclass(frozen=True)
class Ingredients:
    """Files of backgrounds and folders of generators, by the SHA-256 that recipes name them by."""

    backgrounds: Mapping[str, Path] = field(default_factory=dict)
    generators: Mapping[str, Path] = field(default_factory=dict)

    def __or__(self, other: Ingredients) -> Ingredients:
        """Both; what both have is taken from the first."""
        return Ingredients(
            {**other.backgrounds, **self.backgrounds}, {**other.generators, **self.generators}
        )

    def target(self, name: str, recipe: Recipe) -> ReplayTarget:
        """A recipe with all that it needs, which must be here."""
        used = {one.generator: self.generators[one.generator] for one in recipe.defects}
        return ReplayTarget(name, recipe, self.backgrounds[recipe.background], used)


def of_project(project: Project) -> Ingredients:
    """All that a project has."""
    return Ingredients(
        {image.sha256: image.file for image in project.images()},
        {one.sha256: one.folder for one in project.generators()},
    )


def of_export(folder: Path, manifest: Manifest) -> Ingredients:
    """The pictures of an export that are what they were made of to the pixel."""
    whole = [row for row in manifest.images if row.whole and not row.synthetic]
    return Ingredients({row.source_sha256: folder / row.image for row in whole})


def of_folders(folders: Iterable[Path]) -> Ingredients:
    """The generators in folders. Raises CheckpointError for a folder that holds none."""
    return Ingredients({}, {GENERATORS.read_card(one).weights_sha256: one for one in folders})


def of_installation() -> Ingredients:
    """The generators that come with the program."""
    return of_folders(shipped_generators().values())


def check(recipes: Sequence[Recipe], found: Ingredients, names: Mapping[str, str]) -> None:
    """Raise RecipeError that says what of the recipes is not there, and how many need it.

    names: generators by their hash, as far as they are known.
    """
    weights: Counter[str] = Counter()
    backgrounds: Counter[str] = Counter()
    for recipe in recipes:
        weights.update({one.generator for one in recipe.defects} - set(found.generators))
        backgrounds.update({recipe.background} - set(found.backgrounds))
    if not weights and not backgrounds:
        return
    of = len(recipes)
    parts = [*_told("generator", weights, names, of), *_told("background", backgrounds, {}, of)]
    raise RecipeError(
        f"not all that the recipes need is at hand: {'; '.join(parts)}",
        subject=f"project {recipes[0].project or 'unknown'}",
        remedy="Name the project they were made in with --project, or the folders of generators "
        "with --generator. An export with its real pictures brings its backgrounds along.",
    )


def _told(noun: str, missing: Counter[str], names: Mapping[str, str], of: int) -> list[str]:
    if not missing:
        return []
    some = [
        f"{names.get(digest, digest[:12])} ({times} of {of} samples)"
        for digest, times in missing.most_common(_NAMED)
    ]
    rest = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return [f"{len(missing)} {noun}{'s' * (len(missing) > 1)}: {', '.join(some)}{rest}"]
