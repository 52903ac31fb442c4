"""Arms: segmenters that differ in what they were trained on alone, judged on the same real images.

All see the same number of optimiser steps from the same first weights. The threshold is chosen on
validation images, where there are any; figures are of real test images.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from defectstudio.domain.comparisons import TrialSettings
from defectstudio.domain.errors import UserError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.segmenters import Architecture, SegmenterConfig
from defectstudio.domain.specs import Example
from defectstudio.domain.spread import Fetch, Here, Place, Pool, in_place
from defectstudio.evaluation.kept import Kept, Outcome, Probabilities, files_of, key_of
from defectstudio.evaluation.segmentation import Judgement, threshold
from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.scores import Scores, probabilities, probability_of, scores
from defectstudio.networks.segmenters.registry import SEGMENTERS
from defectstudio.networks.segmenters.tiled import predicted
from defectstudio.training.crops import CropBatches, Scene, read_scene, targets
from defectstudio.training.segmenter import SegmenterTask


@dataclass(frozen=True)
class Arm:
    """What a segmenter is trained on. class_ids: of the defects in its labels. share: of the
    defects that it sees, how many are made. weights_sha256: of the generator, or empty. decides:
    what its scenes follow from, as plain data. steps: where it has not as many as all others."""

    name: str
    scenes: tuple[Scene, ...]
    class_ids: tuple[int, ...]
    decides: object
    augment: bool = False
    share: float = 0.0
    weights_sha256: str = ""
    steps: int | None = None

    @property
    def synthetic(self) -> int:
        """How many of its images were made."""
        return sum(scene.synthetic for scene in self.scenes)


@dataclass(frozen=True)
class Stage:
    """What all arms share: real images that they are judged on. classes: of these. partition:
    the number of the split."""

    classes: dict[int, str]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    settings: TrialSettings
    cache: Path
    partition: int = 0


@dataclass(frozen=True)
class Panel:
    """A test image, and the probabilities that arms give it, by arm."""

    class_name: str
    scene: Scene
    said: dict[str, NDArray[np.float32]]

    @property
    def image(self) -> Unit:
        """RGB."""
        return with_channels(to_unit(self.scene.pixels), 3)

    @property
    def truth(self) -> Mask:
        """Any defect."""
        truth: Mask = targets(self.scene.label, (), multiclass=False)[0]
        return truth


@dataclass(frozen=True)
class Training:
    """A piece of the work: the number of the arm, and how it is trained."""

    arm: int
    config: SegmenterConfig

    def __len__(self) -> int:
        return self.config.steps


REHEARSED = 3
"""Steps by which it is told how long a training takes."""


class Trials:
    """Trains and judges arms; `tick` is called after every step and may raise to stop."""

    def __init__(
        self,
        stage: Stage,
        device: torch.device,
        tick: Callable[[], None],
        pool: Pool | None = None,
        fetch: Fetch = in_place,
    ) -> None:
        self.stage, self.device, self.tick, self.fetch = stage, device, tick, fetch
        self.pool = pool or Here(tick)
        self.architectures = _architectures(stage.settings.architectures)
        self.kept = Kept(stage.cache)
        self.panels: list[Panel] = []

    def total(self, arms: int) -> int:
        """How often `tick` will be called."""
        s = self.stage.settings
        return arms * s.repeats * len(self.architectures) * s.steps

    def run(self, arms: Sequence[Arm]) -> list[Outcome]:
        """Every arm, repeat by repeat: what is kept of an earlier run, and the others trained."""
        self.show()
        first = self.stage.settings.seed
        trainings = [
            Training(number, self._config(arm, architecture, seed))
            for architecture in self.architectures
            for seed in range(first, first + self.stage.settings.repeats)
            for number, arm in enumerate(arms)
        ]
        keys = {one: self._key(arms[one.arm], one.config) for one in trainings}
        found = {one: self.kept.get(keys[one], len(self.panels)) for one in trainings}
        for one, known in found.items():
            for _ in range(len(one) if known else 0):
                self.tick()
        missing = [one for one, known in found.items() if known is None]
        opening = partial(open_trials, self.stage, tuple(arms), self.device)
        for one, outcome, said in self.pool.run(opening, missing, self._files()):
            self.kept.put(keys[one], outcome, said)
            found[one] = outcome, said
        return [self._shown(arms[one.arm], one, known) for one, known in found.items() if known]

    def seconds(self, arm: Arm) -> float:
        """About how long it takes to train and judge the arm once with each segmenter: a few steps
        and one image are done to tell."""
        images = len(self.stage.validation) + len(self.stage.test)
        total = 0.0
        for architecture in self.architectures:
            config = self._config(arm, architecture, self.stage.settings.seed)
            task = SegmenterTask(CropBatches(arm.scenes, arm.class_ids, config), self.device)
            task.step(0, task.data[0])
            began = time.perf_counter()
            for step in range(1, 1 + REHEARSED):
                task.step(step, task.data[step])
            trained = time.perf_counter()
            task.net.eval()
            levels_of(task, read_scene(self.stage.test[0]))
            judged = time.perf_counter()
            total += (trained - began) / REHEARSED * config.steps + (judged - trained) * images
        return total

    def _shown(self, arm: Arm, one: Training, known: tuple[Outcome, Probabilities]) -> Outcome:
        """The outcome; of the first repeats the panels show what the arm says."""
        (outcome, said), config = known, one.config
        if (config.seed, config.arch) == (self.stage.settings.seed, self.architectures[0]):
            self.panels = [
                replace(panel, said={**panel.said, arm.name: own})
                for panel, own in zip(self.panels, said, strict=True)
            ]
        return outcome

    def _key(self, arm: Arm, config: SegmenterConfig) -> str:
        stage = self.stage
        return key_of(
            arm=arm.name,
            decides=arm.decides,
            weights=arm.weights_sha256,
            config=config,
            encoder=_file_hash(config.encoder_weights),
            classes=stage.classes,
            judged_on=[files_of(stage.validation), files_of(stage.test)],
            sheet=stage.settings.sheet,
            bootstrap=stage.settings.seed,
            device=self.device.type,
            partition=stage.partition,
            threshold="mean F1",
        )

    def train(self, arm: Arm, config: SegmenterConfig) -> tuple[Outcome, Probabilities]:
        """Train the arm and judge it; its probabilities of the shown test images."""
        data = CropBatches(arm.scenes, arm.class_ids, config)
        task = SegmenterTask(data, self.device)
        for step in range(config.steps):
            task.step(step, data[step])
            self.tick()
        task.net.eval()
        validation = (self._scene(example) for example in self.stage.validation)
        said = ((levels_of(task, one), one.label) for one in validation)
        kept = threshold(said, list(self.stage.classes))
        judgement = Judgement(self.stage.classes, kept)
        for example in self.stage.test:
            scene = self._scene(example)
            judgement.add(levels_of(task, scene), scene.label, example.group)
        outcome = Outcome(
            arm.name,
            config.arch,
            task.encoder,
            self.stage.partition,
            config.seed,
            len(arm.scenes) - arm.synthetic,
            arm.synthetic,
            arm.weights_sha256,
            probability_of(kept),
            judgement.figures(np.random.default_rng([self.stage.settings.seed, 6])),
        )
        return outcome, [probabilities(logits_of(task, panel.scene)) for panel in self.panels]

    def _config(self, arm: Arm, architecture: Architecture, seed: int) -> SegmenterConfig:
        s = self.stage.settings
        return SegmenterConfig(
            arch=architecture,
            encoder=s.encoder,
            pretrained=s.pretrained,
            encoder_weights=s.encoder_weights,
            width=s.width,
            crop=s.crop,
            batch=s.batch,
            steps=arm.steps or s.steps,
            learning_rate=s.learning_rate,
            balance=s.balance,
            synthetic_share=arm.share,
            augment=arm.augment,
            seed=seed,
        )

    def show(self) -> None:
        """Choose the shown test images."""
        self.panels = list(self._panels())

    def _scene(self, example: Example) -> Scene:
        return read_scene(example, self.fetch)

    def _files(self) -> list[Path]:
        """All that trainings elsewhere read."""
        examples = (*self.stage.validation, *self.stage.test)
        files = {one for e in examples for one in (e.image, e.label) if one is not None}
        return sorted(files)

    def _panels(self) -> Iterator[Panel]:
        """The first test images of every class."""
        for class_id, name in self.stage.classes.items():
            shown = (self._scene(e) for e in self.stage.test if e.label is not None)
            own = (scene for scene in shown if class_id in scene.places)
            for _, scene in zip(range(self.stage.settings.sheet), own, strict=False):
                yield Panel(name, scene, {})


def open_trials(
    stage: Stage, arms: Sequence[Arm], device: torch.device, place: Place
) -> Callable[[Training], tuple[Training, Outcome, Probabilities]]:
    """What trains and judges arms, wherever that is."""
    trials = Trials(stage, device, place.tick, fetch=place.fetch)
    trials.show()
    return lambda one: (one, *trials.train(arms[one.arm], one.config))


def logits_of(task: SegmenterTask, scene: Scene) -> Unit:
    """What the task's segmenter, in evaluation mode, says of a scene: (H, W, outputs)."""
    image = with_channels(to_unit(scene.pixels), task.data.channels)
    return predicted(task.net, image, task.device)


def levels_of(task: SegmenterTask, scene: Scene) -> Scores:
    """The same as levels."""
    return scores(logits_of(task, scene))


def _file_hash(path: str) -> str:
    """Of the encoder's own weights: another file under the same name is another encoder. Empty for
    none; one that is missing is named when the encoder is made."""
    return sha256_file(Path(path)) if path and Path(path).is_file() else ""


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
