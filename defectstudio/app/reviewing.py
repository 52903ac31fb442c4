"""Looking at samples one by one: who made them, what part to look at, and what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import Review, SampleRecord
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.types import Label
from defectstudio.project.project import Project
from defectstudio.project.samples import read_manifest

UNKNOWN = ""
"""The name of a generator that is not in the project."""

_MARGIN = 0.6
_LEAST = 96


@dataclass(frozen=True)
class Making:
    """How a sample was made: its generators' names and its defects' seeds."""

    generators: tuple[str, ...]
    seeds: tuple[int, ...]


def makings(project: Project, samples: Iterable[SampleRecord]) -> dict[int, Making]:
    """How samples were made, by id; reads each recipe."""
    names = {one.sha256: one.name for one in project.generators()}
    return {one.id: _making(one, names) for one in samples}


def _making(sample: SampleRecord, names: Mapping[str, str]) -> Making:
    try:
        defects = read_manifest(sample.recipe_file).recipe.defects
    except ProjectError:
        return Making((UNKNOWN,), ())  # the sample can still be looked at
    used = dict.fromkeys(names.get(one.generator, UNKNOWN) for one in defects)
    return Making(tuple(used), tuple(one.seed for one in defects))


def close_up(label: Label) -> Box:
    """The part of a sample to look at: its defects with room around them, at least 96 px a side.

    The whole image where nothing is labeled.
    """
    height, width = label.shape
    box = bounding_box(label > 0)
    if box is None:
        return Box(0, 0, height, width)
    side = max(_LEAST, round(max(box.shape) * (1 + _MARGIN)))
    tall, wide = min(side, height), min(side, width)
    top = int(np.clip(box.top + box.height // 2 - tall // 2, 0, height - tall))
    left = int(np.clip(box.left + box.width // 2 - wide // 2, 0, width - wide))
    return Box(top, left, tall, wide)


class ReviewCommand:
    """What was said of samples, on the undo stack."""

    def __init__(
        self,
        before: Mapping[int, Review],
        review: Review,
        apply: Callable[[Mapping[int, Review]], object],
    ) -> None:
        """before: what was said of each sample until now; apply: says it from now on."""
        self._before, self._review, self._apply = dict(before), review, apply

    @property
    def text(self) -> str:
        verbs = {Review.ACCEPTED: "Accept", Review.REJECTED: "Reject", Review.UNDECIDED: "Reopen"}
        count = len(self._before)
        return (
            f"{verbs[self._review]} {count} samples"
            if count > 1
            else (f"{verbs[self._review]} sample")
        )

    @property
    def cost(self) -> int:
        return 64 * len(self._before)

    def undo(self) -> None:
        self._apply(self._before)

    def redo(self) -> None:
        self._apply(dict.fromkeys(self._before, self._review))
