"""How well a segmenter finds real defects (SPEC section 3): streaming, image by image.

The figure of a class is of the images that show it and of all images without a defect, pixels of
other classes being left out; pooled figures, which the largest class rules, stand beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from defectstudio.imaging.types import Label, Mask
from defectstudio.metrics.intervals import Interval, grouped_interval
from defectstudio.metrics.regions import (
    Bucket,
    Found,
    Overlaps,
    aupro,
    by_size,
    found,
    no_overlaps,
    overlaps,
)
from defectstudio.metrics.scores import (
    Area,
    Confusion,
    Counts,
    Scores,
    auroc,
    average_precision,
    best_f1,
    confusion,
    count,
    f1_by_level,
    level_of,
    nothing,
)
from defectstudio.training.crops import VOID

POOLED = "all classes"
HALF = level_of(0.5)


@dataclass(frozen=True)
class ClassScores:
    """Of one class, or of all pooled. f1_half: at a probability of 0.5; f1_kept: at the threshold
    kept from validation; f1_oracle: the largest of any threshold, which validation could not know;
    iou: at the kept threshold. None where it is undefined."""

    images: int
    defects: int
    auroc: Area | None
    average_precision: float | None
    f1_half: float | None
    f1_kept: float | None
    f1_oracle: float | None
    iou: float | None
    aupro: float | None
    sizes: tuple[Bucket, ...]


@dataclass(frozen=True)
class SegmentationFigures:
    """Of a test set. classes: by name, POOLED among them. mean_f1_half, mean_f1_kept: mean over
    classes, which is the primary figure, with the interval over groups of its images;
    image_f1: mean over images that show a defect; image_auroc: of the largest score of each
    image."""

    classes: dict[str, ClassScores]
    mean_f1_half: float | None
    mean_f1_kept: float | None
    interval_half: Interval | None
    interval_kept: Interval | None
    image_f1: float | None
    image_auroc: Area | None


@dataclass
class _Tally:
    """What is summed up of one class."""

    counts: Counts = field(default_factory=nothing)
    regions: Overlaps = field(default_factory=no_overlaps)
    defects: list[Found] = field(default_factory=list)
    images: int = 0


class Judgement:
    """Takes images with their levels one by one. kept: the level of the threshold that was chosen
    on validation; classes: names by id."""

    def __init__(self, classes: Mapping[int, str], kept: int) -> None:
        self.classes, self.kept = dict(classes), kept
        self._tallies = {class_id: _Tally() for class_id in (*classes, 0)}
        self._groups: list[str] = []
        self._half: list[dict[int, Confusion]] = []
        self._kept: list[dict[int, Confusion]] = []
        self._image_f1: list[float] = []
        self._peaks = nothing()

    def add(self, levels: Scores, label: Label, group: str) -> None:
        """An image: levels (H, W, outputs) of a segmenter with one output, or one a class in the
        order of `classes`; its label plane (H, W); the physical part it shows.

        Raises UserError where the sizes differ.
        """
        any_defect = (label > 0) & (label < VOID)
        highest = levels.max(axis=2)
        pooled = self._count(0, highest, any_defect, label == VOID)
        self._peaks += count(
            highest.max(initial=0).reshape(1, 1), np.array([[bool(any_defect.any())]])
        )
        half, kept = {}, {}
        for class_id, own, left_out in _by_class(levels, label, list(self.classes)):
            counts = self._count(class_id, own, label == class_id, left_out)
            half[class_id], kept[class_id] = confusion(counts, HALF), confusion(counts, self.kept)
        self._groups.append(group)
        self._half.append(half)
        self._kept.append(kept)
        f1 = confusion(pooled, self.kept).f1
        if any_defect.any() and f1 is not None:
            self._image_f1.append(f1)

    def _count(self, class_id: int, levels: Scores, truth: Mask, ignored: Mask) -> Counts:
        tally, counts = self._tallies[class_id], count(levels, truth, ignored)
        tally.counts += counts
        tally.regions += overlaps(levels, truth)
        tally.defects += found(levels, truth, self.kept)
        tally.images += 1
        return counts

    def tallied(self) -> dict[str, tuple[Counts, Overlaps]]:
        """By class name, POOLED among them: what curves are drawn from."""
        names = {**self.classes, 0: POOLED}
        return {names[n]: (one.counts, one.regions) for n, one in self._tallies.items()}

    def figures(self, rng: np.random.Generator) -> SegmentationFigures:
        """Of all images so far; rng: of the bootstrap over groups."""
        names = {**self.classes, 0: POOLED}
        mean_half, interval_half = self._mean(self._half, rng)
        mean_kept, interval_kept = self._mean(self._kept, rng)
        return SegmentationFigures(
            classes={names[n]: _scores(t, self.kept) for n, t in self._tallies.items()},
            mean_f1_half=mean_half,
            mean_f1_kept=mean_kept,
            interval_half=interval_half,
            interval_kept=interval_kept,
            image_f1=float(np.mean(self._image_f1)) if self._image_f1 else None,
            image_auroc=auroc(self._peaks),
        )

    def _mean(
        self, images: Sequence[Mapping[int, Confusion]], rng: np.random.Generator
    ) -> tuple[float | None, Interval | None]:
        """Mean over classes of F1, and its interval over groups."""
        sums = np.array(
            [
                [
                    (own.hits, own.false_alarms, own.misses)
                    for own in (image.get(n, Confusion(0, 0, 0)) for n in self.classes)
                ]
                for image in images
            ],
            np.float64,
        ).reshape(len(images), len(self.classes), 3)
        found = grouped_interval(sums, self._groups, _mean_f1, rng)
        return (None, None) if found is None else (found.mean, found)


def _mean_f1(sums: np.ndarray) -> float | None:
    """sums (classes, 3): hits, false alarms, misses. Mean over the classes that there are."""
    hits, alarms, misses = sums.T
    there = hits + misses > 0
    if not there.any():
        return None
    return float((2 * hits / np.maximum(2 * hits + alarms + misses, 1))[there].mean())


def _scores(tally: _Tally, kept: int) -> ClassScores:
    at_kept = confusion(tally.counts, kept)
    return ClassScores(
        images=tally.images,
        defects=tally.regions.defects,
        auroc=auroc(tally.counts),
        average_precision=average_precision(tally.counts),
        f1_half=confusion(tally.counts, HALF).f1,
        f1_kept=at_kept.f1,
        f1_oracle=best_f1(tally.counts),
        iou=at_kept.iou,
        aupro=aupro(tally.counts, tally.regions),
        sizes=tuple(by_size(tally.defects)),
    )


def threshold(images: Iterable[tuple[Scores, Label]], class_ids: Sequence[int]) -> int:
    """The level of the largest mean F1 of the classes on validation images: levels (H, W, outputs)
    and labels. That of a probability of 0.5 where none shows a defect.

    The mean is the primary figure: the threshold of the best pooled F1, which the largest class
    rules, lets through too much for the small ones.
    """
    totals = {class_id: nothing() for class_id in class_ids}
    for levels, label in images:
        for class_id, own, left_out in _by_class(levels, label, class_ids):
            totals[class_id] += count(own, label == class_id, left_out)
    curves = [f1_by_level(one) for one in totals.values() if one.positive.any()]
    return int(np.mean(curves, axis=0).argmax()) if curves else HALF


def _by_class(
    levels: Scores, label: Label, class_ids: Sequence[int]
) -> Iterator[tuple[int, Scores, Mask]]:
    """The classes that an image says something of, with their levels (H, W) and what of it is left
    out: it shows them, or no defect at all."""
    any_defect = (label > 0) & (label < VOID)
    shown = set(np.unique(label).tolist())
    for place, class_id in enumerate(class_ids):
        if class_id in shown or not any_defect.any():
            own = levels[..., place] if levels.shape[2] > 1 else levels[..., 0]
            yield class_id, own, (label == VOID) | (any_defect & (label != class_id))
