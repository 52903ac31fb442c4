"""How made defects compare with real ones before anything is trained on them.

A segmenter learns what it is shown: defects that are fainter than real ones, in specks or where
none occur teach it to see defects in marks of good surfaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.exchange.report import Block, Heading, Table, number
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.shapes import FREE, Edges, parts
from defectstudio.imaging.tone import surround
from defectstudio.imaging.types import Mask, planes
from defectstudio.training.crops import Scene

FAINT, PIECES, ELSEWHERE = 0.6, 2.0, 0.5
"""Made defects are doubted below this part of the real strength, beyond this many times the real
pieces, and where the shares at borders are this far apart."""


@dataclass(frozen=True)
class Likeness:
    """Of a class's labeled defects. images: that show it; pieces: parts an image, in the mean;
    area: pixels of a part, and strength: mean |pixel - surround| / surround in it, medians;
    at_border: the share of the parts that lie at a border of their picture."""

    images: int
    pieces: float
    area: float
    strength: float
    at_border: float


ByClass = Mapping[str, Likeness]


def likeness(scenes: Sequence[Scene], class_id: int) -> Likeness | None:
    """None where no image shows the class."""
    shown = [scene for scene in scenes if class_id in scene.places]
    found = [(scene, box, mask) for scene in shown for box, mask in parts(scene.label == class_id)]
    if not found:
        return None
    return Likeness(
        images=len(shown),
        pieces=len(found) / len(shown),
        area=float(np.median([mask.sum() for _, _, mask in found])),
        strength=float(np.median([_strength(*one) for one in found])),
        at_border=float(np.mean([Edges.of(box, s.label.shape) != FREE for s, box, _ in found])),
    )


def by_class(scenes: Sequence[Scene], classes: Mapping[int, str]) -> dict[str, Likeness]:
    """Of the classes that the scenes show."""
    found = {name: likeness(scenes, class_id) for class_id, name in classes.items()}
    return {name: one for name, one in found.items() if one is not None}


def doubts(generator: str, real: ByClass, made: ByClass) -> Iterator[str]:
    """What is wrong with a generator's samples, a sentence each."""
    for name, own in made.items():
        if name not in real:
            continue
        known, what = real[name], f"{generator}, {name}: the made defects"
        if own.strength < FAINT * known.strength:
            yield f"{what} are {own.strength / known.strength:.0%} as strong as real ones."
        if own.pieces > PIECES * known.pieces:
            yield f"{what} are labeled in {own.pieces:.1f} pieces an image, real ones in" + (
                f" {known.pieces:.1f}."
            )
        if abs(own.at_border - known.at_border) > ELSEWHERE:
            yield f"{what} lie at a border in {own.at_border:.0%} of the cases, real ones in" + (
                f" {known.at_border:.0%}."
            )


def blocks(found: Mapping[str, ByClass], source: str) -> list[Block]:
    """A table. found: by what made them, the real ones among them."""
    names = dict.fromkeys(name for own in found.values() for name in own)
    rows = [
        [
            f"{name}, {maker}",
            str(own[name].images),
            f"{own[name].pieces:.1f}",
            f"{own[name].area:.0f}",
            number(own[name].strength),
            f"{own[name].at_border:.0%}",
        ]
        for name in names
        for maker, own in found.items()
        if name in own
    ]
    header = ["", "images", "pieces an image", "area", "strength", "at a border"]
    caption = (
        "Labeled defects of the training images of the item's own split. Area: pixels of a piece;"
        f" strength: mean |pixel - surround| / surround inside a piece; medians. {source}"
    )
    return [Heading("Made defects beside real ones"), Table(caption, header, rows)]


def _strength(scene: Scene, box: Box, mask: Mask) -> float:
    origin = box.top, box.left
    level = surround(scene.pixels, mask, origin, ignored=scene.label > 0)
    inside = planes(to_unit(scene.pixels[box.slices]))[mask]
    return float(np.abs(inside - level).mean() / level.mean())
