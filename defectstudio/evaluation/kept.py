"""Finished trainings of arms, kept so that a rerun repeats none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import ImageError
from defectstudio.domain.files import sha256_bytes, to_json, write_bytes
from defectstudio.domain.segmenters import Architecture, SegmenterConfig
from defectstudio.domain.specs import Example
from defectstudio.evaluation.segmentation import SegmentationFigures
from defectstudio.imaging.reading import read_image, to_unit, write_png
from defectstudio.synthesis.versions import versions

FORMAT = 2
"""Goes up when the same inputs would give other figures."""


@dataclass(frozen=True)
class Outcome:
    """One training of an arm. partition: the number of its split, 0 the item's own; threshold:
    the probability that was kept from validation."""

    arm: str
    architecture: Architecture
    encoder: str
    partition: int
    seed: int
    real: int
    synthetic: int
    weights_sha256: str
    threshold: float
    figures: SegmentationFigures


Probabilities = Sequence[NDArray[np.float32]]
"""Of the shown test images (H, W)."""
_OUTCOME = TypeAdapter(Outcome)


def key_of(*, config: SegmenterConfig, **decides: Any) -> str:
    """What decides a training and its figures: its configuration, and plain data by name."""
    every = {"format": FORMAT, "config": asdict(config), "versions": versions(), **decides}
    return sha256_bytes(to_json(every).encode("utf-8"))


def files_of(examples: Sequence[Example]) -> list[tuple[str, str, str]]:
    """Images, labels and groups. Labels lie under names that follow from their content."""
    return [(e.sha256, e.label.name if e.label else "", e.group) for e in examples]


class Kept:
    """Outcomes in a folder, a JSON file and the shown probabilities each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str, shown: int) -> tuple[Outcome, Probabilities] | None:
        """The outcome of that key and its probabilities of so many images; None where it is not
        there, or not whole."""
        try:
            outcome = _OUTCOME.validate_json((self.folder / f"{key}.json").read_bytes())
            pictures = [read_image(self._picture(key, n)) for n in range(shown)]
        except (OSError, ValidationError, ImageError):
            return None
        return outcome, [to_unit(picture) for picture in pictures]

    def put(self, key: str, outcome: Outcome, said: Probabilities) -> None:
        """Keep it; the JSON, by which it is found, comes last."""
        for number, one in enumerate(said):
            write_png(self._picture(key, number), np.round(one * 255).astype(np.uint8))
        write_bytes(self.folder / f"{key}.json", to_json(outcome).encode("utf-8"))

    def _picture(self, key: str, number: int) -> Path:
        return self.folder / f"{key}-{number}.png"
