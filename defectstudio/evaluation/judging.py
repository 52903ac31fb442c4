"""A segmenter on one image: what it says, and how far that is from the label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from defectstudio.domain.segmenters import SegmenterCard
from defectstudio.domain.segmenting import JudgedImage
from defectstudio.domain.specs import Example
from defectstudio.domain.spread import Place
from defectstudio.evaluation.segmentation import Judgement
from defectstudio.imaging.reading import read_image, write_png
from defectstudio.imaging.types import Mask
from defectstudio.metrics.scores import Scores, level_of, probabilities, scores
from defectstudio.networks.segmenters.loading import load_segmenter
from defectstudio.training.crops import VOID, read_scene


@dataclass(frozen=True)
class Look:
    """A piece of a judgement: the image of that number."""

    number: int

    def __len__(self) -> int:
        return 1


@dataclass(frozen=True)
class Said:
    """What a segmenter says of an image: levels (H, W, outputs), probability of any defect."""

    number: int
    levels: Scores
    probability: NDArray[np.float32]


def open_looks(
    folder: Path, device: torch.device, examples: Sequence[Example], place: Place
) -> Callable[[Look], Said]:
    """The segmenter of a folder, wherever it looks at the images."""
    with place.fetch(folder) as here:
        segmenter = load_segmenter(here, device)

    def look(piece: Look) -> Said:
        with place.fetch(examples[piece.number].image) as here:
            logits = segmenter.logits(read_image(here))
        place.tick()
        return Said(piece.number, scores(logits), probabilities(logits))

    return look


def in_order(said: Iterable[Said]) -> Iterator[Said]:
    """By number: a judgement's figures follow the order of its images."""
    early: dict[int, Said] = {}
    expected = 0
    for one in said:
        early[one.number] = one
        while expected in early:
            yield early.pop(expected)
            expected += 1


def judge(
    said: Said,
    card: SegmenterCard,
    example: Example,
    judgement: Judgement,
    folder: Path,
) -> JudgedImage:
    """Add the image to the judgement and leave its probabilities in `folder`."""
    scene = read_scene(example)
    levels, probability = said.levels, said.probability
    judgement.add(levels, scene.label, example.group)
    file = f"{example.sha256}.png"
    write_png(folder / file, np.rint(probability * 65535).astype(np.uint16))
    kinds = _leave_kinds(card, levels, folder / f"{example.sha256}-kinds.png")
    found = levels.max(axis=2) >= level_of(card.threshold)
    truth, held = (scene.label > 0) & (scene.label < VOID), scene.label != VOID
    return JudgedImage(
        example.sha256,
        example.group,
        tuple(name for n, name in judgement.classes.items() if n in scene.places),
        _count(found & truth),
        _count(found & held & ~truth),
        _count(~found & truth),
        float(probability.max(initial=0)),
        file,
        kinds,
    )


def _leave_kinds(card: SegmenterCard, levels: Scores, path: Path) -> str:
    """Of an output a class: the id of the likeliest class of each pixel, uint8."""
    if not card.config.multiclass:
        return ""
    write_png(path, np.fromiter(card.classes, np.uint8)[levels.argmax(axis=2)])
    return path.name


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
