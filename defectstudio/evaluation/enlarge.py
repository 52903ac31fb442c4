"""The protocol "enlarge": do made defects help a segmenter find real ones (P1 Tables 3 to 6)?

Arms see the real training images (Raw), the same turned and changed (Augment), or the real ones
and a generator's samples; on the item's own split and, where asked for, on others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from defectstudio.domain.comparisons import CompareEnlargeSpec, EnlargingGenerator, Partition
from defectstudio.evaluation.kept import Outcome, files_of
from defectstudio.evaluation.making import Maker, Making
from defectstudio.evaluation.retraining import Retrainer
from defectstudio.evaluation.trials import Arm, Panel, Stage, Trials
from defectstudio.training.crops import Scene, read_scene

RAW, AUGMENT = "Raw", "Augment"


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
        self.spec = spec
        self.trials = [
            Trials(self._stage(number, one), device, tick)
            for number, one in enumerate(spec.partitions)
        ]
        self.makers = [Maker(self._making(one), device, tick, warn) for one in spec.partitions]
        own = spec.partitions[0].training
        self.retrainer = Retrainer(spec.cache / "generators", own, device, tick)

    def total(self) -> int:
        """How often `tick` will be called."""
        generators = self.spec.generators
        anew = sum(self.retrainer.total(one.folder) for one in generators)
        arms = 2 + len(generators) * len(self.spec.shares)
        trained = sum(trials.total(arms) for trials in self.trials)
        made = sum(maker.total(len(generators)) for maker in self.makers)
        return trained + made + anew * (len(self.spec.partitions) - 1)

    def run(self) -> list[Outcome]:
        """Train and judge every arm: split by split, repeat by repeat."""
        return [
            outcome
            for number, trials in enumerate(self.trials)
            for outcome in trials.run(list(self._arms(number)))
        ]

    @property
    def panels(self) -> Sequence[Panel]:
        """Test images of the item's own split."""
        return self.trials[0].panels

    def _arms(self, number: int) -> Iterator[Arm]:
        training = self.spec.partitions[number].training
        real = tuple(read_scene(example) for example in training)
        ids, known = tuple(self.spec.classes), files_of(training)
        yield Arm(RAW, real, ids, known)
        yield Arm(AUGMENT, real, ids, known, augment=True)
        for one in self.spec.generators:
            made, weights = self._made(one, number)
            decides = [known, self.makers[number].making.decides()]
            for share in self.spec.shares:
                name = one.name if len(self.spec.shares) == 1 else f"{one.name} {share:.0%}"
                scenes = (*real, *made)
                yield Arm(name, scenes, ids, decides, share=share, weights_sha256=weights)

    def _made(self, one: EnlargingGenerator, number: int) -> tuple[tuple[Scene, ...], str]:
        """The generator's samples for a split: on all but the item's own it is trained anew."""
        if number > 0:
            training = self.spec.partitions[number].training
            folder = self.retrainer.folder(one.name, one.folder, self.spec.classes, training)
            one = replace(one, folder=folder)
        return self.makers[number].scenes(one)

    def _stage(self, number: int, one: Partition) -> Stage:
        spec = self.spec
        return Stage(spec.classes, one.validation, one.test, spec.settings, spec.cache, number)

    def _making(self, one: Partition) -> Making:
        spec, s = self.spec, self.spec.settings
        return Making(
            spec.run, spec.project, spec.classes, one.training, one.training, s.count, s.seed
        )
