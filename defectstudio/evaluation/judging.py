"""A segmenter on one image: what it says, and how far that is from the label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from defectstudio.domain.specs import Example
from defectstudio.evaluation.segmentation import Judgement
from defectstudio.imaging.reading import write_png
from defectstudio.imaging.types import Mask
from defectstudio.metrics.scores import level_of, probabilities, scores
from defectstudio.networks.segmenters.loading import LoadedSegmenter
from defectstudio.training.crops import VOID, read_scene


@dataclass(frozen=True)
class Judged:
    """An image of a judgement. classes: names of the defects it shows; hits, false_alarms,
    misses: pixels at the kept threshold; peak: the largest probability; prediction: its file in
    the run folder's `predictions/`."""

    sha256: str
    group: str
    classes: tuple[str, ...]
    hits: int
    false_alarms: int
    misses: int
    peak: float
    prediction: str

    @property
    def f1(self) -> float | None:
        """None where the image shows no defect."""
        if not self.hits + self.misses:
            return None
        return 2 * self.hits / (2 * self.hits + self.false_alarms + self.misses)

    @property
    def wrong(self) -> int:
        """Pixels."""
        return self.false_alarms + self.misses


def judge(
    segmenter: LoadedSegmenter,
    example: Example,
    classes: Mapping[int, str],
    judgement: Judgement,
    folder: Path,
) -> Judged:
    """Add the image to the judgement and leave its probabilities in `folder`."""
    scene = read_scene(example)
    logits = segmenter.logits(scene.pixels)
    levels = scores(logits)
    judgement.add(levels, scene.label, example.group)
    probability = probabilities(logits)
    file = f"{example.sha256}.png"
    write_png(folder / file, np.rint(probability * 65535).astype(np.uint16))
    found = levels.max(axis=2) >= level_of(segmenter.card.threshold)
    truth, held = (scene.label > 0) & (scene.label < VOID), scene.label != VOID
    return Judged(
        example.sha256,
        example.group,
        tuple(classes[n] for n in scene.places if n in classes),
        _count(found & truth),
        _count(found & held & ~truth),
        _count(~found & truth),
        float(probability.max(initial=0)),
        file,
    )


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
