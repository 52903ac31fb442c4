"""Made defects for a training set: a generator's samples on normal images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from defectstudio.domain.comparisons import EnlargingGenerator
from defectstudio.domain.errors import UserError
from defectstudio.domain.specs import (
    BackgroundFile,
    Example,
    LabeledFile,
    PlacementSettings,
    SynthesizeSpec,
)
from defectstudio.evaluation.altered import NOTHING, Altered, Altering
from defectstudio.evaluation.kept import files_of
from defectstudio.imaging.compose import Composite
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.generators.content import ContentGenerator
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.training.crops import Scene, labeled_scene

PLACEMENT = PlacementSettings(per_sample=1)
SEEN = 0.4
"""The part of a painted shape that must be visible, or only what is visible is labeled."""


@dataclass(frozen=True)
class Making:
    """Where samples come from: shapes of the labels among `real`, backgrounds those of `normal`
    without a label; of every generator the same places.

    Samples are labeled with their painted shapes, which are those of real labels: a segmenter that
    is judged by these must learn how people draw them, wider than what is visible and without
    holes. Where little of a shape can be seen, what can be seen is the label.

    classes: those to make, by id. count: samples a class. altering: what is done to contents.
    """

    run: Path
    project: str
    classes: Mapping[int, str]
    real: Sequence[Example]
    normal: Sequence[Example]
    count: int
    seed: int
    altering: Altering = NOTHING

    def decides(self) -> object:
        """What its samples follow from besides the generator, as plain data."""
        return [
            dict(self.classes),
            files_of(self.real),
            files_of(self.normal),
            self.count,
            self.seed,
            asdict(self.altering),
            [asdict(PLACEMENT), SEEN],
        ]


class Maker:
    """Makes samples; `tick` is called after each, `warn` told what could not be made."""

    def __init__(
        self,
        making: Making,
        device: torch.device,
        tick: Callable[[], None],
        warn: Callable[[str], None],
    ) -> None:
        self.making, self.device, self.tick, self.warn = making, device, tick, warn

    def total(self, generators: int) -> int:
        """How often `tick` will be called."""
        return generators * self.making.count * len(self.making.classes)

    def scenes(self, one: EnlargingGenerator) -> tuple[tuple[Scene, ...], str]:
        """Samples of all classes and the SHA-256 of the generator's weights.

        Raises UserError where none can be made.
        """
        generator: ContentGenerator = load_generator(one.folder, self.device)
        if self.making.altering != NOTHING:
            generator = Altered(generator, self.making.altering)
        made: list[Scene] = []
        for class_id, name in self.making.classes.items():
            known = class_id in generator.card.classes
            if not known:
                self.warn(f"{one.name} makes no {name}: that class is not enlarged.")
            batch = Batch(self._spec(one, class_id), generator) if known else None
            made += self._samples(batch, f"{one.name}, {name}")
        if not made:
            raise UserError(
                "no sample could be made", subject=one.name, remedy="Leave the generator out."
            )
        return tuple(made), generator.card.weights_sha256

    def _samples(self, batch: Batch | None, what: str) -> Iterator[Scene]:
        """Those that find a place; none without a batch."""
        missed = 0
        for index in range(self.making.count):
            if batch is not None:
                try:
                    yield as_people_label(batch.make(index).sample)
                except UserError as error:
                    missed += 1
                    if missed == 1:
                        self.warn(f"{what}: {error}")
            self.tick()

    def _spec(self, one: EnlargingGenerator, class_id: int) -> SynthesizeSpec:
        m = self.making
        normal = [e for e in m.normal if e.label is None]
        labeled = [(e.image, e.label, e.sha256) for e in m.real if e.label is not None]
        return SynthesizeSpec(
            run=m.run,
            project=m.project,
            generator=one.folder,
            class_ids=(class_id,),
            backgrounds=tuple(BackgroundFile(e.image, e.sha256) for e in normal),
            shapes=tuple(LabeledFile(*own) for own in labeled),
            count=m.count,
            seed=m.seed,
            placement=PLACEMENT,
        )


def as_people_label(sample: Composite) -> Scene:
    """Of a sample of one defect."""
    seen = (sample.label > 0).sum() >= SEEN * (sample.painted > 0).sum()
    label = sample.painted if seen else sample.label
    return labeled_scene(sample.image, label, synthetic=True)
