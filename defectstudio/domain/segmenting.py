"""Training, judging and using segmenters, as a worker gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.device import Device
from defectstudio.domain.segmenters import SegmenterConfig
from defectstudio.domain.specs import Example, LabeledFile
from defectstudio.domain.spread import Processes, SpreadSettings

PREDICTIONS = "predictions"
"""In the run folder of a judgement or a prediction."""


@dataclass(frozen=True)
class TrainSegmenterSpec:
    """Train one segmenter.

    training, validation: real images with and without defects; the latter choose the threshold
    alone. samples: accepted ones with their labels. The result is left in `segmenter/` of the run
    folder. resume: go on from the checkpoint in the run folder. processes: as in
    TogetherSettings.
    """

    run: Path
    name: str
    item: str
    classes: dict[int, str]
    training: tuple[Example, ...]
    validation: tuple[Example, ...]
    samples: tuple[LabeledFile, ...] = ()
    config: SegmenterConfig = field(default_factory=SegmenterConfig)
    device: Device = "cpu"
    resume: bool = False
    processes: Processes = 1
    kind: Literal["train_segmenter"] = "train_segmenter"


@dataclass(frozen=True)
class EvaluateSettings:
    """How a segmenter is judged. sheet: worst images shown; seed: of the bootstrap."""

    sheet: Annotated[int, Bounds(0, 200)] = 12
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)] = 0


@dataclass(frozen=True)
class Sweep:
    """Of a class's pixels, or of all defects': what is taken for a defect at each threshold of a
    report, from the lowest. overlap: mean share of each defect's pixels; empty without defects."""

    positives: int
    negatives: int
    hits: tuple[int, ...]
    false_alarms: tuple[int, ...]
    overlap: tuple[float, ...]


@dataclass(frozen=True)
class JudgedImage:
    """An image of a judgement. classes: names of the defects it shows; hits, false_alarms, misses:
    pixels at the kept threshold; peak: the largest probability. prediction, kinds: its files in
    `predictions/`, the latter with the likeliest class of each pixel ("" where none is told)."""

    sha256: str
    group: str
    classes: tuple[str, ...]
    hits: int
    false_alarms: int
    misses: int
    peak: float
    prediction: str
    kinds: str = ""

    @property
    def f1(self) -> float | None:
        """None where the image shows no defect."""
        if not self.hits + self.misses:
            return None
        return 2 * self.hits / (2 * self.hits + self.false_alarms + self.misses)

    @property
    def badness(self) -> tuple[bool, float, int]:
        """The least first: what was missed most, then false alarms, then good ones told as such."""
        wrong = self.false_alarms + self.misses
        return self.f1 is None and not wrong, 1.0 if self.f1 is None else self.f1, -wrong


@dataclass(frozen=True)
class EvaluateSpec:
    """Judge a segmenter on real images.

    classes: of the item, by id. examples: of the split, with and without defects. seen: how many
    of them, or of other images of their parts, the segmenter was trained on. The report is left
    in `report/` of the run folder, the probabilities of every image as uint16 in `predictions/`.
    """

    run: Path
    item: str
    name: str
    segmenter: Path
    classes: dict[int, str]
    examples: tuple[Example, ...]
    split: str
    seen: int
    settings: EvaluateSettings = field(default_factory=EvaluateSettings)
    device: Device = "cpu"
    spread: SpreadSettings = field(default_factory=SpreadSettings)
    kind: Literal["evaluate"] = "evaluate"


@dataclass(frozen=True)
class PredictSpec:
    """Let a segmenter say where new pictures show defects.

    names: of the images, under which masks, probabilities and overlays are left in `predictions/`
    of the run folder. threshold: a probability, None for that kept at its training.
    """

    run: Path
    segmenter: Path
    images: tuple[Path, ...]
    names: tuple[str, ...]
    threshold: Annotated[float, Bounds(0.0, 1.0)] | None = None
    device: Device = "cpu"
    kind: Literal["predict"] = "predict"


@dataclass(frozen=True)
class ExportOnnxSpec:
    """Write a segmenter as ONNX, checked against itself, to `segmenter.onnx` of the run folder."""

    run: Path
    segmenter: Path
    kind: Literal["export_onnx"] = "export_onnx"


SegmentingSpec = TrainSegmenterSpec | EvaluateSpec | PredictSpec | ExportOnnxSpec
