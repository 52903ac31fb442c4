"""The whole way in one go: sample project, samples, exports and a sheet to look at."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from defectstudio.app.exporting import export
from defectstudio.app.palette import class_colour
from defectstudio.app.projects import open_project
from defectstudio.app.sample_project import make_sample_project
from defectstudio.app.synthesis import start_synthesis
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import SampleRecord
from defectstudio.imaging.reading import read_image, read_label, thumbnail, write_png
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.jobs.running import RunningJob
from defectstudio.project.folder import DATABASE
from defectstudio.project.project import Project

COUNT = 24
_SEED = 24
_FORMATS = ("coco", "mvtec")
_TILE = 192
_A_ROW = 4


@dataclass(frozen=True)
class DemoReport:
    """Where everything lies."""

    project: Path
    samples: int
    exports: dict[str, Path]
    sheet: Path


def make_demo(out: Path, watch: Callable[[RunningJob], object]) -> DemoReport:
    """Make the sample project in `out`, synthesize 24 samples with its generators, export all
    and draw a contact sheet. A project and samples that an earlier demo left there are used.

    watch: waits for a job, as `RunningJob.result` does. Raises ProjectError when the folder is
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
                watch(start_synthesis(project, generator=generator.name, count=count, seed=_SEED))
        exports = {name: _exported(project, out / name, name) for name in _FORMATS}
        sheet = out / "contact_sheet.png"
        made = project.samples()
        write_png(sheet, sample_sheet(made[:COUNT]))
        return DemoReport(project.root, len(made), exports, sheet)


def sample_sheet(samples: Sequence[SampleRecord]) -> NDArray[np.uint8]:
    """uint8 (H, W, 3): each sample and, right of it, the same with its label in colour."""
    tiles: list[NDArray[np.uint8]] = []
    for sample in samples:
        image = thumbnail(read_image(sample.file), _TILE)
        tiles += [image, _labeled(image, read_label(sample.label_file))]
    wide = 2 * _A_ROW
    return contact_sheet([tiles[i : i + wide] for i in range(0, len(tiles), wide)], _TILE)


def _labeled(image: NDArray[np.uint8], label: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows = np.linspace(0, label.shape[0] - 1, image.shape[0]).round().astype(int)
    columns = np.linspace(0, label.shape[1] - 1, image.shape[1]).round().astype(int)
    small = label[np.ix_(rows, columns)]
    shown = image.copy()
    for class_id in np.unique(small[small > 0]):
        colour = np.array(class_colour(int(class_id)), np.float32)
        where = small == class_id
        shown[where] = (0.4 * shown[where] + 0.6 * colour).astype(np.uint8)
    return shown


def _sample_project(root: Path) -> Project:
    if (root / DATABASE).is_file():
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
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    made_by = manifest.get("made_by", "") if isinstance(manifest, dict) else ""
    return str(made_by).startswith("DefectStudio")
