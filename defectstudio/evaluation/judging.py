"""A segmenter on one image: what it says, and how far that is from the label."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from defectstudio.domain.segmenting import JudgedImage
from defectstudio.domain.specs import Example
from defectstudio.evaluation.segmentation import Judgement
from defectstudio.imaging.reading import write_png
from defectstudio.imaging.types import Mask
from defectstudio.metrics.scores import Scores, level_of, probabilities, scores
from defectstudio.networks.segmenters.loading import LoadedSegmenter
from defectstudio.training.crops import VOID, read_scene


def judge(
    segmenter: LoadedSegmenter,
    example: Example,
    classes: Mapping[int, str],
    judgement: Judgement,
    folder: Path,
) -> JudgedImage:
    """Add the image to the judgement and leave its probabilities in `folder`."""
    scene = read_scene(example)
    logits = segmenter.logits(scene.pixels)
    levels = scores(logits)
    judgement.add(levels, scene.label, example.group)
    probability = probabilities(logits)
    file = f"{example.sha256}.png"
    write_png(folder / file, np.rint(probability * 65535).astype(np.uint16))
    kinds = _leave_kinds(segmenter, levels, folder / f"{example.sha256}-kinds.png")
    found = levels.max(axis=2) >= level_of(segmenter.card.threshold)
    truth, held = (scene.label > 0) & (scene.label < VOID), scene.label != VOID
    return JudgedImage(
        example.sha256,
        example.group,
        tuple(classes[n] for n in scene.places if n in classes),
        _count(found & truth),
        _count(found & held & ~truth),
        _count(~found & truth),
        float(probability.max(initial=0)),
        file,
        kinds,
    )


def _leave_kinds(segmenter: LoadedSegmenter, levels: Scores, path: Path) -> str:
    """Of an output a class: the id of the likeliest class of each pixel, uint8."""
    card = segmenter.card
    if not card.config.multiclass:
        return ""
    write_png(path, np.fromiter(card.classes, np.uint8)[levels.argmax(axis=2)])
    return path.name


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
