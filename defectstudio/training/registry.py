"""From a training's specification to its task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from defectstudio.domain.generators import DcdgancConfig, Kind
from defectstudio.domain.specs import TrainSpec
from defectstudio.training.contents import Content, ContentBatches, cut_contents
from defectstudio.training.dcdganc import DcdgancTask
from defectstudio.training.loop import GeneratorTask


def make_task(spec: TrainSpec, device: torch.device) -> GeneratorTask:
    """The task of `spec.config.kind`, on the contents cut from the spec's images.

    Raises UserError for a class without a labeled pixel.
    """
    contents = cut_contents(spec.images, list(spec.classes), spec.config.tone)
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
