"""The whole way in one go: sample project, samples, exports and a sheet to look at."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.exporting import export
from defectstudio.app.projects import open_project
from defectstudio.app.sample_project import make_sample_project
from defectstudio.app.sample_sheets import sample_sheet
from defectstudio.app.synthesis import start_synthesis
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import read_json
from defectstudio.imaging.reading import write_png
from defectstudio.jobs.following import FollowedJob
from defectstudio.project.place import is_project
from defectstudio.project.project import Project

COUNT = 24
_SEED = 24
_FORMATS = ("coco", "mvtec")


@dataclass(frozen=True)
class DemoReport:
    """Where everything lies."""

    project: Path
    samples: int
    exports: dict[str, Path]
    sheet: Path


def make_demo(out: Path, watch: Callable[[FollowedJob], object]) -> DemoReport:
    """Make the sample project in `out`, synthesize 24 samples with its generators, export all
    and draw a contact sheet. A project and samples that an earlier demo left there are used.

    watch: waits for a job, as `FollowedJob.result` does. Raises ProjectError when the folder is
    another's or the build has no generators, and what its parts raise.
    """
    with _sample_project(out / "project") as project:
        generators = project.generators()
        if not generators:
            raise ProjectError(
                "the sample project has no generator",
                subject=project.root,
                remedy="This build has no weights; install a release, or train one.",
            )
        if len(project.samples()) < COUNT:
            for number, generator in enumerate(generators):
                count = len(range(number, COUNT, len(generators)))
                order = BatchOrder(generator.name, count=count, seed=_SEED)
                watch(start_synthesis(project, order))
        exports = {name: _exported(project, out / name, name) for name in _FORMATS}
        sheet = out / "contact_sheet.png"
        made = project.samples()
        write_png(sheet, sample_sheet(made[:COUNT]))
        return DemoReport(project.root, len(made), exports, sheet)


def _sample_project(root: Path) -> Project:
    if is_project(root):
        return open_project(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    return make_sample_project(root)


def _exported(project: Project, out: Path, format: str) -> Path:
    """Export to `out`; what an earlier demo exported there is replaced."""
    if _is_ours(out):
        shutil.rmtree(out)
    export(project, out, format)
    return out


def _is_ours(folder: Path) -> bool:
    try:
        manifest = read_json(folder / "manifest.json")
    except (OSError, ValueError):
        return False
    made_by = manifest.get("made_by", "") if isinstance(manifest, dict) else ""
    return str(made_by).startswith("DefectStudio")
