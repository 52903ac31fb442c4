"""The protocol "strategies": what a few real defects are worth (P2 Table 1 and Figure 6).

Strategy A passes over the real images as often as P2 does over its epochs, which is about a
hundredth of the steps; B sees them as many steps as C, which has a generator's samples beside them:
without B one would take more steps for better samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from defectstudio.domain.comparisons import CompareStrategiesSpec
from defectstudio.domain.spread import Pool
from defectstudio.evaluation.ground import Ground
from defectstudio.evaluation.kept import Outcome, files_of
from defectstudio.evaluation.trials import Arm, Panel
from defectstudio.training.crops import read_scene

EPOCH = 100
"""Batches of an epoch of strategies B and C (P2)."""


class Strategies:
    """One run of the protocol; `tick` is called after every step of a training and after every
    sample, and may raise to stop."""

    def __init__(
        self,
        spec: CompareStrategiesSpec,
        device: torch.device,
        tick: Callable[[], None],
        warn: Callable[[str], None],
        pool: Pool | None = None,
    ) -> None:
        self.spec = spec
        self.ground = Ground(spec, device, tick, warn, pool, own=False)

    @property
    def trainings(self) -> int:
        """Of each segmenter, kept ones among them."""
        return self.spec.settings.repeats * (
            (2 + len(self.spec.generators)) * len(self.spec.partitions)
        )

    def total(self) -> int:
        """How often `tick` will be called, at most."""
        return self.ground.total(2 + len(self.spec.generators))

    def seconds(self) -> float:
        """About how long one arm takes with each segmenter once."""
        equal = next(arm for arm in self.arms(0) if arm.steps is None)
        return self.ground.trials[0].seconds(equal)

    def run(self) -> list[Outcome]:
        """Train and judge every arm, number by number of real images."""
        return [
            outcome
            for number, trials in enumerate(self.ground.trials)
            for outcome in trials.run(list(self.arms(number)))
        ]

    def arms(self, number: int) -> Iterator[Arm]:
        """Those of a number of real images."""
        training, s = self.spec.partitions[number].training, self.spec.settings
        real = tuple(read_scene(example) for example in training)
        count = self.spec.real[number]
        ids, known = tuple(self.spec.classes), files_of(training)
        labeled = sum(example.label is not None for example in training)
        few = passes(s.steps, labeled, s.batch)
        yield Arm(f"{count} real, A: as many passes", real, ids, [known, few], steps=few)
        yield Arm(strategy_b(count), real, ids, known)
        for one in self.spec.generators:
            made, weights = self.ground.made(one, number)
            decides = [known, self.ground.makers[number].making.decides()]
            name = f"{count} real, C: {one.name}"
            scenes = (*real, *made)
            yield Arm(name, scenes, ids, decides, share=s.share, weights_sha256=weights)

    @property
    def panels(self) -> Sequence[Panel]:
        """Test images."""
        return self.ground.panels


def strategy_b(real: int) -> str:
    """The arm that those of the same number of real images stand against."""
    return f"{real} real, B: as many steps"


def passes(steps: int, images: int, batch: int) -> int:
    """Steps of strategy A: an epoch is one pass over the images, of B and C it is EPOCH batches."""
    return max(1, round(steps / EPOCH * images / batch))
