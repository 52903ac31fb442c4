"""Make samples again from their recipes and compare them to the pixel."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from defectstudio.app.classes import relabel
from defectstudio.app.projects import open_project, recent_projects
from defectstudio.app.validation import parse_json
from defectstudio.domain.errors import ProjectError, RecipeError, UserError
from defectstudio.domain.events import Event, Progress
from defectstudio.domain.files import inside
from defectstudio.domain.recipe import SampleManifest
from defectstudio.domain.specs import ReplaySpec, ReplayTarget
from defectstudio.imaging.reading import pixel_sha256, read_image, read_label
from defectstudio.jobs.once import describe, run_once
from defectstudio.project.place import is_project
from defectstudio.project.project import Project
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
    """All samples made again; `versions` has what differs: name -> (then, now)."""

    samples: tuple[Replayed, ...]
    versions: dict[str, tuple[str, str]]

    @property
    def same(self) -> bool:
        return all(sample.same for sample in self.samples)


def replay(
    target: Path,
    *,
    project: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ReplayReport:
    """Make the sample of a recipe file, or all samples of an export folder, again.

    Backgrounds and weights come by their hashes from `project`, or from the project around
    `target`, or from a recent one of the recipes' project id. Nothing is written to either.
    Raises RecipeError, ProjectError, and what the worker fails with.
    """
    manifests = read_targets(target)
    identity = next(iter(manifests.values())).recipe.project
    with ExitStack() as stack:
        opened = stack.enter_context(open_project(project or find_project(target, identity)))
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="defectstudio-replay-")))
        targets = _targets(opened, manifests)

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
    return ReplayReport(tuple(samples), _differing(manifests.values(), now))


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
    path = folder / "manifest.json"
    try:
        rows = json.loads(path.read_text("utf-8"))["images"]
        found = {row["name"]: inside(folder, row["recipe"]) for row in rows if row["recipe"]}
    except (OSError, ValueError, KeyError, TypeError, UserError) as error:
        raise RecipeError(
            "it is neither a sample nor an export", subject=folder, remedy=_DAMAGED
        ) from error
    if not found:
        raise RecipeError(
            "the export has no synthetic sample",
            subject=folder,
            remedy="Nothing is to be replayed.",
        )
    return found


def _targets(project: Project, manifests: Mapping[str, SampleManifest]) -> tuple[ReplayTarget, ...]:
    """What is to be made. Raises RecipeError, which says of how many what is missing."""
    backgrounds = {image.sha256: image.file for image in project.images()}
    known = {one.sha256: one.folder for one in project.generators()}
    wanted = {name: {one.generator for one in made.recipe.defects}
              for name, made in manifests.items()}  # fmt: skip
    without = [used - known.keys() for used in wanted.values() if not used <= known.keys()]
    if without:
        gone = sorted(set[str]().union(*without))
        raise RecipeError(
            f"the generator of {len(without)} of {len(manifests)} samples is not in the project:"
            f" weights {', '.join(digest[:12] for digest in gone)}",
            subject=project.root,
            remedy="It was deleted there, or they were made in another project: name that with"
            " --project.",
        )
    for name, made in manifests.items():
        if made.recipe.background not in backgrounds:
            raise RecipeError(
                "the recipe's background is not in the project",
                subject=name,
                remedy=f"Name the project it was made in with --project (this is {project.root}).",
            )
    return tuple(
        ReplayTarget(
            name,
            made.recipe,
            backgrounds[made.recipe.background],
            {digest: known[digest] for digest in wanted[name]},
        )
        for name, made in manifests.items()
    )


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
