"""What comparisons on several training sets stand on: trials, samples and generators for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from defectstudio.domain.comparisons import (
    CompareEnlargeSpec,
    CompareStrategiesSpec,
    EnlargingGenerator,
    Partition,
)
from defectstudio.domain.spread import Pool
from defectstudio.evaluation.making import Maker, Making
from defectstudio.evaluation.retraining import Retrainer
from defectstudio.evaluation.trials import Panel, Stage, Trials
from defectstudio.training.crops import Scene


class Ground:
    """Trials and a maker of samples for each partition; `tick` is called after every step of a
    training and after every sample, and may raise to stop.

    own: whether the generators were trained on the first partition, and are used as they are there.
    """

    def __init__(
        self,
        spec: CompareEnlargeSpec | CompareStrategiesSpec,
        device: torch.device,
        tick: Callable[[], None],
        warn: Callable[[str], None],
        pool: Pool | None,
        *,
        own: bool,
    ) -> None:
        self.spec, self.own = spec, own
        s = spec.settings
        self.trials = [
            Trials(Stage(spec.classes, p.validation, p.test, s, spec.cache, n), device, tick, pool)
            for n, p in enumerate(spec.partitions)
        ]
        self.makers = [Maker(self._making(p), device, tick, warn) for p in spec.partitions]
        most = max((p.training for p in spec.partitions), key=len)
        known = spec.partitions[0].training if own else most
        self.retrainer = Retrainer(spec.cache / "generators", known, device, tick)

    def _making(self, one: Partition) -> Making:
        spec, s = self.spec, self.spec.settings
        return Making(
            spec.run, spec.project, spec.classes, one.training, one.training, s.count, s.seed
        )

    def total(self, arms: int) -> int:
        """How often `tick` will be called for so many arms a partition."""
        spec = self.spec
        anew = sum(self.retrainer.total(one.folder) for one in spec.generators)
        made = sum(maker.total(len(spec.generators)) for maker in self.makers)
        trained = sum(trials.total(arms) for trials in self.trials)
        return trained + made + anew * (len(spec.partitions) - self.own)

    def made(self, one: EnlargingGenerator, number: int) -> tuple[tuple[Scene, ...], str]:
        """A generator's samples for a partition, and the SHA-256 of its weights."""
        if number > 0 or not self.own:
            training = self.spec.partitions[number].training
            folder = self.retrainer.folder(one.name, one.folder, self.spec.classes, training)
            one = replace(one, folder=folder)
        return self.makers[number].scenes(one)

    @property
    def panels(self) -> Sequence[Panel]:
        """Test images of the first partition."""
        return self.trials[0].panels
