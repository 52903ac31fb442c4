"""From a training's specification to its task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from defectstudio.domain.bounds import pixels_by_id
from defectstudio.domain.generators import DcdgancConfig, Kind
from defectstudio.domain.specs import TrainSpec
from defectstudio.training.contents import Content, ContentBatches, cut_contents
from defectstudio.training.dcdganc import DcdgancTask
from defectstudio.training.dispersal import Dispersal
from defectstudio.training.loop import GeneratorTask


def make_task(
    spec: TrainSpec, device: torch.device, log: Callable[[str], None] = lambda _: None
) -> GeneratorTask:
    """The task of `spec.config.kind`, on the contents cut from the spec's images.

    log: told how the defects of a combined class are dispersed. Raises UserError for a class
    without a labeled pixel.
    """
    ids, tone = list(spec.classes), spec.config.tone
    widen = pixels_by_id(spec.config.dilate, spec.classes)
    relabel = None
    if spec.combined is not None:
        known = cut_contents(spec.images, ids, tone)
        relabel = Dispersal(known, spec.combined, spec.classes, tone, log).relabeled
    contents = cut_contents(spec.images, ids, tone, widen, relabel)
    return TASKS[spec.config.kind](spec, contents, device)


def _dcdganc(spec: TrainSpec, contents: Sequence[Content], device: torch.device) -> DcdgancTask:
    assert isinstance(spec.config, DcdgancConfig)
    return DcdgancTask(ContentBatches(contents, list(spec.classes), spec.config), device)


TASKS: dict[Kind, Callable[[TrainSpec, Sequence[Content], torch.device], GeneratorTask]] = {
    "dcdganc": _dcdganc,
    "adain": _dcdganc,
    "instancenorm": _dcdganc,
}
"""What trains a kind."""
