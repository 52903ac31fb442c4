"""The protocol "enlarge": do made defects help a segmenter find real ones (P1 Tables 3 to 6)?

Arms see the same number of optimiser steps and differ in what they see alone: the real training
images (Raw), the same turned and changed (Augment), the real and a generator's samples. The
threshold is chosen on validation images, figures are of real test images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from defectstudio.domain.errors import UserError
from defectstudio.domain.segmenters import Architecture, SegmenterConfig
from defectstudio.domain.specs import (
    BackgroundFile,
    CompareEnlargeSpec,
    EnlargingGenerator,
    LabeledFile,
    PlacementSettings,
    SynthesizeSpec,
)
from defectstudio.evaluation.kept import Kept, Outcome, Probabilities, key_of
from defectstudio.evaluation.segmentation import Judgement, threshold
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.types import Mask, Unit, planes
from defectstudio.metrics.scores import probability_of, scores
from defectstudio.networks.segmenters.registry import SEGMENTERS
from defectstudio.networks.segmenters.tiled import predicted
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.training.crops import CropBatches, Scene, labeled_scene, read_scene, targets
from defectstudio.training.segmenter import SegmenterTask

RAW, AUGMENT = "Raw", "Augment"


@dataclass(frozen=True)
class Arm:
    """What a segmenter is trained on. weights_sha256: of its generator, or empty."""

    name: str
    scenes: tuple[Scene, ...]
    augment: bool
    weights_sha256: str = ""

    @property
    def synthetic(self) -> int:
        """How many of its images were made."""
        return sum(scene.synthetic for scene in self.scenes)


@dataclass(frozen=True)
class Panel:
    """A test image, and the probabilities that arms give it, by arm."""

    class_name: str
    scene: Scene
    said: dict[str, NDArray[np.float32]]

    @property
    def image(self) -> Unit:
        """RGB."""
        return _unit(self.scene, 3)

    @property
    def truth(self) -> Mask:
        """Any defect."""
        truth: Mask = targets(self.scene.label, (), multiclass=False)[0]
        return truth


class Enlarge:
    """One run of the protocol; `tick` is called after every step of a training and after every
    sample, and may raise to stop."""

    def __init__(
        self,
        spec: CompareEnlargeSpec,
        device: torch.device,
        tick: Callable[[], None],
        warn: Callable[[str], None],
    ) -> None:
        self.spec, self.device, self.tick, self.warn = spec, device, tick, warn
        self.architectures = _architectures(spec.settings.architectures)
        self.kept = Kept(spec.cache)
        self.panels: list[Panel] = []

    def total(self) -> int:
        """How often `tick` will be called."""
        s, generators = self.spec.settings, len(self.spec.generators)
        trainings = (2 + generators) * s.repeats * len(self.architectures)
        return trainings * s.steps + generators * s.count * len(self.spec.classes)

    def run(self) -> list[Outcome]:
        """Train and judge every arm, repeat by repeat."""
        real = tuple(read_scene(example) for example in self.spec.training)
        validation = [read_scene(example) for example in self.spec.validation]
        arms = [Arm(RAW, real, augment=False), Arm(AUGMENT, real, augment=True)]
        arms += [self._enlarged(one, real) for one in self.spec.generators]
        self.panels = list(self._panels())
        return [
            self._train(arm, architecture, self.spec.settings.seed + n, validation)
            for architecture in self.architectures
            for n in range(self.spec.settings.repeats)
            for arm in arms
        ]

    def _enlarged(self, one: EnlargingGenerator, real: tuple[Scene, ...]) -> Arm:
        """The real images and the generator's samples on normal training images."""
        generator = load_generator(one.folder, self.device)
        made: list[Scene] = []
        for class_id, name in self.spec.classes.items():
            known = class_id in generator.card.classes
            if not known:
                self.warn(f"{one.name} makes no {name}: that class is not enlarged.")
            batch = Batch(self._batch(one, class_id), generator) if known else None
            made += self._samples(batch, f"{one.name}, {name}")
        if not made:
            raise UserError(
                "no sample could be made", subject=one.name, remedy="Leave the generator out."
            )
        return Arm(
            one.name, (*real, *made), augment=False, weights_sha256=generator.card.weights_sha256
        )

    def _samples(self, batch: Batch | None, what: str) -> Iterator[Scene]:
        """Those that find a place; none without a batch."""
        missed = 0
        for index in range(self.spec.settings.count):
            if batch is not None:
                try:
                    sample = batch.make(index).sample
                    yield labeled_scene(sample.image, sample.label, synthetic=True)
                except UserError as error:
                    missed += 1
                    if missed == 1:
                        self.warn(f"{what}: {error}")
            self.tick()

    def _batch(self, one: EnlargingGenerator, class_id: int) -> SynthesizeSpec:
        """Of every generator the same places."""
        spec = self.spec
        normal = [e for e in spec.training if e.label is None]
        labeled = [(e.image, e.label, e.sha256) for e in spec.training if e.label is not None]
        return SynthesizeSpec(
            run=spec.run,
            project=spec.project,
            generator=one.folder,
            class_ids=(class_id,),
            backgrounds=tuple(BackgroundFile(e.image, e.sha256) for e in normal),
            shapes=tuple(LabeledFile(*own) for own in labeled),
            count=spec.settings.count,
            seed=spec.settings.seed,
            placement=PlacementSettings(per_sample=1),
        )

    def _train(
        self, arm: Arm, architecture: Architecture, seed: int, validation: Sequence[Scene]
    ) -> Outcome:
        """What is kept of an earlier run, or a training."""
        config = self._config(arm, architecture, seed)
        key = key_of(self.spec, arm.name, arm.weights_sha256, config, self.device.type)
        known = self.kept.get(key, len(self.panels))
        if known is None:
            known = self._trained(arm, config, validation)
            self.kept.put(key, *known)
        else:
            for _ in range(config.steps):
                self.tick()
        outcome, said = known
        if seed == self.spec.settings.seed and architecture == self.architectures[0]:
            self.panels = [
                replace(panel, said={**panel.said, arm.name: own})
                for panel, own in zip(self.panels, said, strict=True)
            ]
        return outcome

    def _trained(
        self, arm: Arm, config: SegmenterConfig, validation: Sequence[Scene]
    ) -> tuple[Outcome, Probabilities]:
        task = SegmenterTask(CropBatches(arm.scenes, list(self.spec.classes), config), self.device)
        for step in range(config.steps):
            task.step(step, task.data[step])
            self.tick()
        kept = threshold([(scores(self._said(task, one)), one.label) for one in validation])
        judgement = Judgement(self.spec.classes, kept)
        for example in self.spec.test:
            scene = read_scene(example)
            judgement.add(scores(self._said(task, scene)), scene.label, example.group)
        outcome = Outcome(
            arm.name,
            config.arch,
            task.encoder,
            config.seed,
            len(arm.scenes) - arm.synthetic,
            arm.synthetic,
            arm.weights_sha256,
            probability_of(kept),
            judgement.figures(np.random.default_rng([self.spec.settings.seed, 6])),
        )
        logits = [self._said(task, panel.scene).max(axis=2) for panel in self.panels]
        return outcome, [1 / (1 + np.exp(-own)) for own in logits]

    def _config(self, arm: Arm, architecture: Architecture, seed: int) -> SegmenterConfig:
        s = self.spec.settings
        return SegmenterConfig(
            arch=architecture,
            encoder=s.encoder,
            pretrained=s.pretrained,
            encoder_weights=s.encoder_weights,
            width=s.width,
            crop=s.crop,
            batch=s.batch,
            steps=s.steps,
            learning_rate=s.learning_rate,
            balance=s.balance,
            synthetic_share=s.share,
            augment=arm.augment,
            seed=seed,
        )

    def _said(self, task: SegmenterTask, scene: Scene) -> Unit:
        return predicted(task.net.eval(), _unit(scene, task.data.channels), self.device)

    def _panels(self) -> Iterator[Panel]:
        """The first test images of every class."""
        for class_id, name in self.spec.classes.items():
            shown = (read_scene(e) for e in self.spec.test if e.label is not None)
            own = (scene for scene in shown if class_id in scene.places)
            for _, scene in zip(range(self.spec.settings.sheet), own, strict=False):
                yield Panel(name, scene, {})


def _unit(scene: Scene, channels: int) -> Unit:
    pixels = to_unit(planes(scene.pixels))
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], channels)))


def _architectures(text: str) -> list[Architecture]:
    """Raises UserError for an unknown one."""
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    known: list[Architecture] = [name for name in SEGMENTERS if name in wanted]
    strange = [name for name in wanted if name not in SEGMENTERS]
    if strange or not known:
        raise UserError(
            "there is no segmenter of this name",
            subject=", ".join(strange) or text,
            remedy=f"There are {', '.join(SEGMENTERS)}.",
        )
    return known
