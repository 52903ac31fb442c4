"""From a training's specification to its task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from defectstudio.domain.bounds import pixels_by_id
from defectstudio.domain.errors import UserError
from defectstudio.domain.generators import Kind, LearningConfig, PasteConfig, ProceduralConfig
from defectstudio.domain.specs import TrainSpec
from defectstudio.training.contents import Content, ContentBatches, cut_contents
from defectstudio.training.controls import PasteTask, ProceduralTask
from defectstudio.training.cyclegan import CycleGanTask
from defectstudio.training.dcdganc import DcdgancTask
from defectstudio.training.dispersal import Dispersal
from defectstudio.training.loop import GeneratorTask
from defectstudio.training.stargan import StarGanTask
from defectstudio.training.stylegan2 import StyleGan2Task
from defectstudio.training.surfaces import SurfaceBatches, cut_surfaces


def make_task(
    spec: TrainSpec, device: torch.device, log: Callable[[str], None] = lambda _: None
) -> GeneratorTask:
    """The task of `spec.config.kind`, on the contents cut from the spec's images.

    log: told how the defects of a combined class are dispersed. Raises UserError for a class
    without a labeled pixel, or without normal images where needed.
    """
    ids, tone = list(spec.classes), spec.config.tone
    widen = pixels_by_id(spec.config.dilate, spec.classes)
    relabel = None
    if spec.combined is not None:
        known = cut_contents(spec.images, ids, tone)
        relabel = Dispersal(known, spec.combined, spec.classes, tone, log).relabeled
    contents = cut_contents(spec.images, ids, tone, widen, relabel)
    return TASKS[spec.config.kind](spec, contents, device)


def _batches(spec: TrainSpec, contents: Sequence[Content]) -> ContentBatches:
    assert isinstance(spec.config, LearningConfig)
    return ContentBatches(contents, list(spec.classes), spec.config)


def _surfaces(spec: TrainSpec, contents: Sequence[Content], *, by_class: bool) -> SurfaceBatches:
    batches = _batches(spec, contents)
    if not spec.normals:
        raise UserError(
            f"{spec.config.kind} learns from normal images, and there are none",
            remedy="Import images without defects into the training split.",
        )
    rng = np.random.default_rng([spec.config.seed, 3])
    crops = cut_surfaces(spec.normals, spec.config.height, spec.config.width, rng)
    return SurfaceBatches(batches, crops, by_class=by_class)


def _dcdganc(spec: TrainSpec, contents: Sequence[Content], device: torch.device) -> DcdgancTask:
    return DcdgancTask(_batches(spec, contents), device)


def _cyclegan(spec: TrainSpec, contents: Sequence[Content], device: torch.device) -> CycleGanTask:
    return CycleGanTask(_surfaces(spec, contents, by_class=True), device)


def _stargan(spec: TrainSpec, contents: Sequence[Content], device: torch.device) -> StarGanTask:
    return StarGanTask(_surfaces(spec, contents, by_class=False), device)


def _stylegan2(spec: TrainSpec, contents: Sequence[Content], device: torch.device) -> StyleGan2Task:
    return StyleGan2Task(_batches(spec, contents), device)


def _paste(spec: TrainSpec, contents: Sequence[Content], device: torch.device) -> PasteTask:  # noqa: ARG001
    assert isinstance(spec.config, PasteConfig)
    return PasteTask(contents, list(spec.classes), spec.config)


def _procedural(
    spec: TrainSpec,
    contents: Sequence[Content],
    device: torch.device,  # noqa: ARG001
) -> ProceduralTask:
    assert isinstance(spec.config, ProceduralConfig)
    return ProceduralTask(contents[0].pixels.shape[2], spec.config)


TASKS: dict[Kind, Callable[[TrainSpec, Sequence[Content], torch.device], GeneratorTask]] = {
    "dcdganc": _dcdganc,
    "adain": _dcdganc,
    "instancenorm": _dcdganc,
    "cyclegan": _cyclegan,
    "stargan": _stargan,
    "stylegan2": _stylegan2,
    "paste": _paste,
    "procedural": _procedural,
}
"""What trains a kind."""
