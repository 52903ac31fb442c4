"""From a training's specification to its task."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from defectstudio.domain.bounds import pixels_by_id
from defectstudio.domain.errors import UserError
from defectstudio.domain.generators import Kind, PasteConfig, ProceduralConfig
from defectstudio.domain.run_config import LearningConfig
from defectstudio.domain.specs import TrainSpec
from defectstudio.domain.transfer import DstConfig, HistmatchConfig
from defectstudio.imaging.types import Image
from defectstudio.training.contents import Content, ContentBatches, Relabel, cut_contents
from defectstudio.training.controls import HistmatchTask, PasteTask, ProceduralTask
from defectstudio.training.cyclegan import CycleGanTask
from defectstudio.training.dcdganc import DcdgancTask
from defectstudio.training.dispersal import Dispersal
from defectstudio.training.dst import DstTask
from defectstudio.training.known import know
from defectstudio.training.loop import ModelTask
from defectstudio.training.placements import PlacementBatches
from defectstudio.training.references import Reference, cut_references
from defectstudio.training.stargan import StarGanTask
from defectstudio.training.stylegan2 import StyleGan2Task
from defectstudio.training.surfaces import SurfaceBatches, cut_surfaces

Log = Callable[[str], None]


def make_task(spec: TrainSpec, device: torch.device, log: Log = lambda _: None) -> ModelTask:
    """The task of `spec.config.kind` on the spec's images.

    log: told what the metrics do not say. Raises UserError for a class without a labeled pixel, or
    without normal images where needed.
    """
    return TASKS[spec.config.kind](spec, device, log)


def _contents(spec: TrainSpec, log: Log) -> list[Content]:
    """Cut from the images; those of a combined class are dispersed first."""
    ids, tone = list(spec.classes), spec.config.tone
    widen = pixels_by_id(spec.config.dilate, spec.classes)
    return cut_contents(spec.images, ids, tone, widen, _relabel(spec, log))


def _relabel(spec: TrainSpec, log: Log) -> Relabel | None:
    """What gives mixed defects their classes, where there are any."""
    if spec.combined is None:
        return None
    known = cut_contents(spec.images, list(spec.classes), spec.config.tone)
    return Dispersal(known, spec.combined, spec.classes, spec.config.tone, log).relabeled


def _batches(spec: TrainSpec, log: Log) -> ContentBatches:
    assert isinstance(spec.config, LearningConfig)
    return ContentBatches(_contents(spec, log), list(spec.classes), spec.config)


def _surfaces(spec: TrainSpec, log: Log, *, by_class: bool) -> SurfaceBatches:
    return SurfaceBatches(_batches(spec, log), _crops(spec), by_class=by_class)


def _crops(spec: TrainSpec) -> list[Image]:
    if not spec.normals:
        raise UserError(
            f"{spec.config.kind} learns from normal images, and there are none",
            remedy="Import images without defects into the training split.",
        )
    rng = np.random.default_rng([spec.config.seed, 3])
    return cut_surfaces(spec.normals, spec.config.height, spec.config.width, rng)


def _dcdganc(spec: TrainSpec, device: torch.device, log: Log) -> DcdgancTask:
    data = _batches(spec, log)
    known = know(spec, data.channels, device, _relabel(spec, lambda _: None))
    return DcdgancTask(data, device, known)


def _cyclegan(spec: TrainSpec, device: torch.device, log: Log) -> CycleGanTask:
    return CycleGanTask(_surfaces(spec, log, by_class=True), device)


def _stargan(spec: TrainSpec, device: torch.device, log: Log) -> StarGanTask:
    return StarGanTask(_surfaces(spec, log, by_class=False), device)


def _stylegan2(spec: TrainSpec, device: torch.device, log: Log) -> StyleGan2Task:
    return StyleGan2Task(_batches(spec, log), device)


def _paste(spec: TrainSpec, device: torch.device, log: Log) -> PasteTask:  # noqa: ARG001
    assert isinstance(spec.config, PasteConfig)
    return PasteTask(_contents(spec, log), list(spec.classes), spec.config)


def _procedural(spec: TrainSpec, device: torch.device, log: Log) -> ProceduralTask:  # noqa: ARG001
    assert isinstance(spec.config, ProceduralConfig)
    return ProceduralTask(_contents(spec, log)[0].pixels.shape[2], spec.config)


def _references(spec: TrainSpec) -> list[Reference]:
    widen = pixels_by_id(spec.config.dilate, spec.classes)
    return cut_references(spec.images, list(spec.classes), spec.config.tone, widen)


def _dst(spec: TrainSpec, device: torch.device, log: Log) -> DstTask:
    assert isinstance(spec.config, DstConfig)
    ids = list(spec.classes)
    references = _references(spec)
    return DstTask(PlacementBatches(references, _crops(spec), ids, spec.config), device, log)


def _histmatch(spec: TrainSpec, device: torch.device, log: Log) -> HistmatchTask:  # noqa: ARG001
    assert isinstance(spec.config, HistmatchConfig)
    ids = list(spec.classes)
    return HistmatchTask(_references(spec), ids, spec.config)


TASKS: dict[Kind, Callable[[TrainSpec, torch.device, Log], ModelTask]] = {
    "dcdganc": _dcdganc,
    "adain": _dcdganc,
    "instancenorm": _dcdganc,
    "cyclegan": _cyclegan,
    "stargan": _stargan,
    "stylegan2": _stylegan2,
    "paste": _paste,
    "procedural": _procedural,
    "dst": _dst,
    "histmatch": _histmatch,
}
"""What trains a kind."""
