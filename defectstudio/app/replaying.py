"""Make samples again from their recipes and compare them to the pixel."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from defectstudio.app import ingredients
from defectstudio.app.classes import relabel
from defectstudio.app.ingredients import Ingredients, check
from defectstudio.app.projects import open_project, recent_projects
from defectstudio.app.validation import parse_json
from defectstudio.domain.errors import ExportError, ProjectError, RecipeError
from defectstudio.domain.events import Event, Progress
from defectstudio.domain.recipe import SampleManifest
from defectstudio.domain.specs import ReplaySpec
from defectstudio.exchange.manifest import changed, is_export, read_manifest
from defectstudio.imaging.reading import pixel_sha256, read_image, read_label
from defectstudio.jobs.once import describe, run_once
from defectstudio.project.place import is_project
from defectstudio.project.samples import NewSample

_REFINING = "refining"
_REFINED = (
    "it was refined by an earlier version, whose steps and tiles were others: what that made cannot"
    " be made any more"
)
_DAMAGED = "Export again, or name a sample's recipe.json."


@dataclass(frozen=True)
class Replayed:
    """One sample made again: which of its three planes are the same to the pixel. why: what is
    known to make it differ, "" where nothing is."""

    name: str
    image: bool
    label: bool
    painted: bool
    why: str = ""

    @property
    def same(self) -> bool:
        return self.image and self.label and self.painted


@dataclass(frozen=True)
class ReplayReport:
    """All samples made again; `versions` has what differs: name -> (then, now); `changed` the
    files of an export's samples that are no longer as they were exported."""

    samples: tuple[Replayed, ...]
    versions: dict[str, tuple[str, str]]
    changed: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return not self.changed and all(sample.same for sample in self.samples)


def replay(
    target: Path,
    *,
    project: Path | None = None,
    generators: Sequence[Path] = (),
    progress: Callable[[int, int], None] | None = None,
) -> ReplayReport:
    """Make the sample of a recipe file, or all samples of an export folder, again.

    Backgrounds and weights come by their hashes from `project`, or from the project around
    `target`, or from a recent one of the recipes' project id; from the folders `generators`; from
    the export's own pictures; and from what comes with the program. So an export can be replayed
    where its project is not. Nothing is written to any of them. Raises RecipeError, ProjectError,
    and what the worker fails with.
    """
    manifests = read_targets(target)
    with ExitStack() as stack:
        found, names = _found(target, manifests, project, generators, stack)
        recipes = [made.recipe for made in manifests.values()]
        check(recipes, found, names)
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="defectstudio-replay-")))
        targets = tuple(found.target(name, made.recipe) for name, made in manifests.items())

        def hear(event: Event) -> None:
            if progress and isinstance(event, Progress):
                progress(event.done, event.total)

        run_once(ReplaySpec(run, targets), hear)
        now = describe()
        folders = [run / "samples" / f"{number:06d}" for number in range(len(targets))]
        samples = [
            _compare(name, made, folder, now)
            for (name, made), folder in zip(manifests.items(), folders, strict=True)
        ]
    versions = _differing(manifests.values(), now)
    return ReplayReport(tuple(samples), versions, _changed(target))


def read_targets(target: Path) -> dict[str, SampleManifest]:
    """The recipes of a recipe file, a sample's folder or an export, by name. Raises RecipeError."""
    if target.is_dir():
        alone = target / "recipe.json"
        files = {target.name: alone} if alone.exists() else _exported(target)
    else:
        files = {target.stem if target.stem != "recipe" else target.parent.name: target}
    return {name: parse_json(SampleManifest, file, RecipeError, _DAMAGED)
            for name, file in files.items()}  # fmt: skip


def find_project(target: Path, identity: str) -> Path:
    """The project around `target`, else the recent one of that identity. Raises ProjectError."""
    for folder in target.resolve().parents:
        if is_project(folder):
            return folder
    for one in recent_projects()[0]:
        if one.id == identity:
            return one.path
    raise ProjectError(
        "the project of the recipe is not known here",
        subject=target,
        remedy="Name it with --project.",
    )


def _exported(folder: Path) -> dict[str, Path]:
    try:
        rows = read_manifest(folder).images
    except ExportError as error:
        raise RecipeError(
            "it is neither a sample nor an export", subject=folder, remedy=_DAMAGED
        ) from error
    # The pieces that a sample was cut into have one recipe: it is made once.
    found: dict[str, tuple[str, Path]] = {}
    for row in rows:
        if row.recipe:
            found.setdefault(row.source_sha256, (row.name, folder / row.recipe))
    if not found:
        raise RecipeError(
            "the export has no synthetic sample",
            subject=folder,
            remedy="Nothing is to be replayed.",
        )
    return dict(found.values())


def _found(
    target: Path,
    manifests: Mapping[str, SampleManifest],
    project: Path | None,
    generators: Sequence[Path],
    stack: ExitStack,
) -> tuple[Ingredients, Mapping[str, str]]:
    """What is at hand for the recipes, and the names of generators, as far as they are known."""
    found = ingredients.of_folders(generators)
    names: Mapping[str, str] = {}
    if is_export(target):
        manifest = read_manifest(target)
        found, names = found | ingredients.of_export(target, manifest), manifest.generators
    root = project or _known_project(target, manifests)
    if root is not None:
        found = ingredients.of_project(stack.enter_context(open_project(root))) | found
    wanted = {one.generator for made in manifests.values() for one in made.recipe.defects}
    if not wanted <= set(found.generators):
        found |= ingredients.of_installation()
    return found, names


def _known_project(target: Path, manifests: Mapping[str, SampleManifest]) -> Path | None:
    try:
        return find_project(target, next(iter(manifests.values())).recipe.project)
    except ProjectError:
        return None


def _changed(target: Path) -> tuple[str, ...]:
    """The files of an export's samples that are not as they were exported."""
    if not is_export(target):
        return ()
    manifest = read_manifest(target)
    files = {
        file
        for row in manifest.images
        if row.synthetic
        for file in (row.image, *row.labels, *([row.recipe] if row.recipe else []))
    }
    return changed(target, manifest, files)


def _compare(name: str, made: SampleManifest, folder: Path, now: Mapping[str, object]) -> Replayed:
    files = NewSample.in_folder(folder)
    return Replayed(
        name,
        pixel_sha256(read_image(files.image)) == made.image_sha256,
        pixel_sha256(relabel(read_label(files.label), made.relabeled)) == made.label_sha256,
        pixel_sha256(relabel(read_label(files.painted), made.relabeled)) == made.painted_sha256,
        _REFINED if _REFINING in _differing([made], now) else "",
    )


def _differing(
    manifests: Iterable[SampleManifest], now: Mapping[str, object]
) -> dict[str, tuple[str, str]]:
    """Versions under which a sample was made and which are others now."""
    return {
        name: (then, str(now[name]))
        for made in manifests
        for name, then in _versions(made).items()
        if name in now and str(now[name]) != then
    }


def _versions(made: SampleManifest) -> dict[str, str]:
    """Of what the sample depends on."""
    named = {_REFINING: "1", **made.recipe.versions}
    if not any(defect.polish for defect in made.recipe.defects):
        del named[_REFINING]
    return named
