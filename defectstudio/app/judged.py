"""Judgements of segmenters, read back from the jobs that made them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from defectstudio.app.display import pyramid, shown, window_of
from defectstudio.app.judging import KIND, evaluation_files
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.outcomes import Outcomes
from defectstudio.app.validation import parse_json
from defectstudio.domain.errors import ImageError, JobError
from defectstudio.domain.records import ImageRecord, JobRecord, JobState, Split
from defectstudio.domain.segmenters import SegmenterCard
from defectstudio.domain.segmenting import PREDICTIONS, EvaluateSpec, JudgedImage, Sweep
from defectstudio.domain.specs import JOB_FILE, Example
from defectstudio.imaging.reading import read_image, read_label
from defectstudio.imaging.types import Label
from defectstudio.project.project import Project

ALL_CLASSES = "all classes"
_REMEDY = "Judge the segmenter again: the report is damaged, or of an older version."


@dataclass(frozen=True)
class Bucket:
    """Defects of at least so many pixels: share of their pixels found, of them seen at all."""

    least_px: int
    defects: int
    recall: float
    seen: float


@dataclass(frozen=True)
class ClassFigures:
    """At the kept threshold, or of any; None where a figure is undefined."""

    images: int
    defects: int
    average_precision: float | None
    f1_kept: float | None
    aupro: float | None
    sizes: tuple[Bucket, ...]


@dataclass(frozen=True)
class Figures:
    """classes: by name, ALL_CLASSES among them."""

    classes: dict[str, ClassFigures]
    mean_f1_kept: float | None


@dataclass(frozen=True)
class NamedCard:
    """A segmenter as it was when it was judged."""

    name: str
    card: SegmenterCard


@dataclass(frozen=True)
class Report:
    """`evaluate.json`: what the window shows of it."""

    item: str
    split: str
    seen: int
    segmenter: NamedCard
    figures: Figures
    by_image: tuple[JudgedImage, ...]
    thresholds: tuple[float, ...]
    sweeps: dict[str, Sweep]


@dataclass(frozen=True)
class Rates:
    """Of pixels at a threshold; None where nothing is there to be told from."""

    precision: float | None
    recall: float | None
    f1: float | None
    false_positive_rate: float | None
    overlap: float | None


Line = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Evaluation:
    """A finished judgement: its job, what was asked and what came out."""

    job: JobRecord
    spec: EvaluateSpec
    report: Report

    @property
    def kept(self) -> int:
        """The number of the threshold that was kept from validation."""
        return self.nearest(self.report.segmenter.card.threshold)

    def nearest(self, threshold: float) -> int:
        """The number of the threshold that lies nearest."""
        return int(np.abs(np.array(self.report.thresholds) - threshold).argmin())

    @property
    def worst_first(self) -> list[JudgedImage]:
        """The images, those with the gravest faults first."""
        return sorted(self.report.by_image, key=lambda one: one.badness)

    def rates(self, name: str, number: int) -> Rates:
        """Of a class, or ALL_CLASSES, at the threshold of this number."""
        sweep = self.report.sweeps[name]
        hits, alarms = sweep.hits[number], sweep.false_alarms[number]
        misses = sweep.positives - hits
        return Rates(
            precision=_share(hits, hits + alarms),
            recall=_share(hits, sweep.positives),
            f1=_share(2 * hits, 2 * hits + alarms + misses),
            false_positive_rate=_share(alarms, sweep.negatives),
            overlap=sweep.overlap[number] if sweep.overlap else None,
        )

    def curves(self, name: str) -> dict[str, Line | None]:
        """Of a class, by threshold from the highest: "roc", "pr" and "pro"; None where there is
        nothing to tell apart."""
        sweep = self.report.sweeps[name]
        hits, alarms = (np.array(x[::-1], float) for x in (sweep.hits, sweep.false_alarms))
        recall = hits / sweep.positives if sweep.positives else None
        rate = alarms / sweep.negatives if sweep.negatives else None
        precision = np.where(hits + alarms > 0, hits / np.maximum(hits + alarms, 1), 1.0)
        overlap = np.array(sweep.overlap[::-1])
        return {
            "roc": None if recall is None or rate is None else (rate, recall),
            "pr": None if recall is None else (recall, precision),
            "pro": None if rate is None or not overlap.size else (rate, overlap),
        }


@dataclass(frozen=True)
class JudgedPicture:
    """An image of a judgement, opened: levels for the screen, and what was said of it. record: the
    project's own, None where it was taken out since; plane: an empty one, for the canvas; label:
    what it was judged by; kinds: the likeliest class of each pixel, where classes are told."""

    image: JudgedImage
    record: ImageRecord | None
    levels: list[NDArray[np.uint8]]
    plane: LabelPlane
    outcomes: Outcomes
    label: Label
    kinds: Label | None


def last_evaluation(project: Project, segmenter: str, split: Split) -> JobRecord | None:
    """The newest finished judgement of a segmenter on a split."""
    title = f"{segmenter} on {split.value}"
    done = [
        job
        for job in project.jobs()
        if (job.kind, job.title, job.state) == (KIND, title, JobState.DONE)
    ]
    return done[-1] if done else None


def read_evaluation(job: JobRecord) -> Evaluation:
    """Raises JobError where a file is missing or not what it should be."""
    spec = parse_json(EvaluateSpec, job.folder / JOB_FILE, JobError, _REMEDY)
    file = evaluation_files(job)[0]
    report = parse_json(Report, file, JobError, _REMEDY)
    lengths = {len(x) for one in report.sweeps.values() for x in (one.hits, one.false_alarms)}
    if lengths != {len(report.thresholds)} or ALL_CLASSES not in report.sweeps:
        raise JobError("its curves are not whole", subject=file, remedy=_REMEDY)
    return Evaluation(job, spec, report)


def open_judged(project: Project, found: Evaluation, image: JudgedImage) -> JudgedPicture:
    """Read an image, its label as it was judged and its probabilities. Slow for large images.

    Raises ImageError and JobError where a file is missing or damaged.
    """
    records = {one.sha256: one for one in project.images()}
    examples = {one.sha256: one for one in found.spec.examples}
    record, example = records.get(image.sha256), examples.get(image.sha256)
    if example is None or (record is None and not example.image.is_file()):
        raise ImageError(
            "the image is no longer in the project", subject=image.sha256[:12], remedy=_REMEDY
        )
    pixels = read_image(record.file if record else example.image)
    label = _label(example, record)
    plane = read_label(label) if label else np.zeros(pixels.shape[:2], np.uint8)
    said = found.job.folder / PREDICTIONS
    probability = read_image(said / image.prediction)
    kinds = read_label(said / image.kinds) if image.kinds else None
    outcomes = Outcomes(probability, plane)
    sizes = {outcomes.shape, (outcomes if kinds is None else kinds).shape}
    if sizes != {pixels.shape[:2]}:
        raise ImageError(
            "the probabilities are of another size than the image",
            subject=image.prediction,
            remedy=_REMEDY,
        )
    empty = LabelPlane(np.zeros(outcomes.shape, np.uint8))
    levels = pyramid(shown(pixels, window_of(pixels)))
    return JudgedPicture(image, record, levels, empty, outcomes, plane, kinds)


def _label(example: Example, record: ImageRecord | None) -> Path | None:
    """As it was judged; of a project that was moved, or whose label was corrected, as it is now."""
    if example.label is None or example.label.is_file():
        return example.label
    return record.label_file if record else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
