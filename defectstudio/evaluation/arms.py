"""Arms of a comparison: generators that differ by their seed alone, with intervals over them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from defectstudio.domain.files import to_json
from defectstudio.domain.generators import GeneratorCard
from defectstudio.evaluation.figures import Figures
from defectstudio.metrics.intervals import Interval, interval

POOLED = "all classes"
Control = Literal["paste", "procedural"]
PASTE: Control = "paste"
CONTROLS: tuple[Control, ...] = (PASTE, "procedural")
"""Kinds without learning, which stand in every comparison."""


@dataclass(frozen=True)
class GeneratorFigures:
    """What was measured of one generator, by class name; POOLED is all of them."""

    name: str
    kind: str
    seed: int
    step: int
    weights_sha256: str
    trained_on: int
    trained_split: str
    learned_from: str
    """The feature network that its training asked, or none."""
    seen_in_test: int
    """Images of the test split the generator was trained on: must be 0."""
    by_class: dict[str, Figures]


@dataclass(frozen=True)
class Arm:
    """Generators that differ by their seed alone: intervals by class name and figure.

    A figure that is unknown for one of them is left out. sentence: what it comes to.
    """

    name: str
    kind: str
    generators: tuple[GeneratorFigures, ...]
    intervals: dict[str, dict[str, Interval]]
    sentence: str = ""


FIGURES: Mapping[str, Callable[[Figures], float | None]] = {
    "kid": lambda f: f.kid.mean if f.kid else None,
    "kid_deviation": lambda f: f.kid.deviation if f.kid else None,
    "kid_floor": lambda f: f.kid.floor_high if f.kid else None,
    "kid_crops": lambda f: f.kid_crops.mean if f.kid_crops else None,
    "diversity": lambda f: f.diversity.clustered if f.diversity else None,
    "diversity_inside": lambda f: f.diversity_inside.clustered if f.diversity_inside else None,
    "spread_ratio": lambda f: f.diversity_inside.ratio if f.diversity_inside else None,
    "copies_pixels": lambda f: f.copies_pixels.share if f.copies_pixels else None,
    "copies_features": lambda f: f.copies_features.share if f.copies_features else None,
    "drawn_again": lambda f: f.drawn_again,
    "empty_rate": lambda f: f.labels.empty_rate if f.labels else None,
    "label_iou": lambda f: f.labels.change_iou if f.labels else None,
    "label_px": lambda f: f.labels.change_px if f.labels else None,
    "painted_iou": lambda f: f.labels.painted_iou if f.labels else None,
    "painted_px": lambda f: f.labels.painted_px if f.labels else None,
    "unlabeled_change": lambda f: f.labels.unlabeled_change if f.labels else None,
    "outside_region": lambda f: f.labels.outside_region if f.labels else None,
    "seed_ratio": lambda f: f.steering.seed,
    "style_ratio": lambda f: f.steering.style,
    "agreement": lambda f: f.steering.agreement,
    "agreement_real": lambda f: f.steering.agreement_real,
}
"""Single figures by the name they have in the report's data."""


def arm_key(card: GeneratorCard) -> str:
    """Equal for generators that differ by their seed alone."""
    config = {name: value for name, value in asdict(card.config).items() if name != "seed"}
    return to_json(
        [card.kind, config, sorted(card.classes), sorted(card.trained_on), card.split, card.step]
    )


def as_arm(generators: Sequence[GeneratorFigures], rng: np.random.Generator) -> Arm:
    """The arm of at least one generator."""
    name = _common_name([one.name for one in generators])
    rows = {row: None for one in generators for row in one.by_class}
    intervals = {row: _intervals([o.by_class[row] for o in generators if row in o.by_class], rng)
                 for row in rows}  # fmt: skip
    return Arm(name or generators[0].kind, generators[0].kind, tuple(generators), intervals)


def _common_name(names: Sequence[str]) -> str:
    """What the names begin with, without a seed at its end; of one name, the name."""
    if len(names) == 1:
        return names[0]
    letters = enumerate(zip(*names, strict=False))
    length = next((n for n, own in letters if len(set(own)) > 1), min(map(len, names)))
    return re.sub(r"[-_. ]*(seed|s)?[-_. ]*\d*$", "", names[0][:length])


def _intervals(figures: Sequence[Figures], rng: np.random.Generator) -> dict[str, Interval]:
    found = {}
    for name, read in FIGURES.items():
        values = [value for value in map(read, figures) if value is not None]
        if len(values) == len(figures):
            found[name] = interval(values, rng)
    return found
