"""The protocol "enlarge": do made defects help a segmenter find real ones (P1 Tables 3 to 6)?

Arms see the real training images (Raw), the same turned and changed (Augment), or the real ones
and a generator's samples; on the item's own split and, where asked for, on others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from defectstudio.domain.comparisons import CompareEnlargeSpec
from defectstudio.domain.spread import Pool
from defectstudio.evaluation import likeness
from defectstudio.evaluation.ground import Ground
from defectstudio.evaluation.kept import Outcome, files_of
from defectstudio.evaluation.trials import Arm, Panel
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
        pool: Pool | None = None,
    ) -> None:
        self.spec, self.warn = spec, warn
        self.alike: dict[str, likeness.ByClass] = {}
        self.ground = Ground(spec, device, tick, warn, pool, own=True)

    @property
    def trainings(self) -> int:
        """Of each segmenter, kept ones among them."""
        arms = 2 + len(self.spec.generators) * len(self.spec.shares)
        return self.spec.settings.repeats * arms * len(self.spec.partitions)

    def total(self) -> int:
        """How often `tick` will be called."""
        return self.ground.total(2 + len(self.spec.generators) * len(self.spec.shares))

    def seconds(self) -> float:
        """About how long one arm takes with each segmenter once."""
        return self.ground.trials[0].seconds(next(self.arms(0)))

    def run(self) -> list[Outcome]:
        """Train and judge every arm: split by split, repeat by repeat."""
        return [
            outcome
            for number, trials in enumerate(self.ground.trials)
            for outcome in trials.run(list(self.arms(number)))
        ]

    def arms(self, number: int) -> Iterator[Arm]:
        """Those of a split."""
        training = self.spec.partitions[number].training
        real = tuple(read_scene(example) for example in training)
        ids, known = tuple(self.spec.classes), files_of(training)
        self._look_at("real", real, number)
        yield Arm(RAW, real, ids, known)
        yield Arm(AUGMENT, real, ids, known, augment=True)
        for one in self.spec.generators:
            made, weights = self.ground.made(one, number)
            self._look_at(one.name, made, number)
            decides = [known, self.ground.makers[number].making.decides()]
            for share in self.spec.shares:
                name = one.name if len(self.spec.shares) == 1 else f"{one.name} {share:.0%}"
                scenes = (*real, *made)
                yield Arm(name, scenes, ids, decides, share=share, weights_sha256=weights)

    def _look_at(self, name: str, scenes: Sequence[Scene], number: int) -> None:
        """Compare defects of the item's own split with its real ones, once, and tell what is wrong
        with them before hours go by."""
        if number == 0 and name not in self.alike:
            self.alike[name] = likeness.by_class(scenes, self.spec.classes)
            for doubt in likeness.doubts(name, self.alike["real"], self.alike[name]):
                self.warn(doubt)

    @property
    def panels(self) -> Sequence[Panel]:
        """Test images of the item's own split."""
        return self.ground.panels
