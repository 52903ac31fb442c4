"""The protocol "enlarge": do made defects help a segmenter find real ones (P1 Tables 3 to 6)?

Arms see the real training images (Raw), the same turned and changed (Augment), or the real ones
and a generator's samples.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from defectstudio.domain.specs import CompareEnlargeSpec
from defectstudio.evaluation.kept import Outcome, files_of
from defectstudio.evaluation.making import Maker, Making
from defectstudio.evaluation.trials import Arm, Stage, Trials
from defectstudio.training.crops import read_scene

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
        s = spec.settings
        stage = Stage(spec.classes, spec.validation, spec.test, s, s.share, spec.cache)
        self.trials = Trials(stage, device, tick)
        making = Making(
            spec.run, spec.project, spec.classes, spec.training, spec.training, s.count, s.seed
        )
        self.maker = Maker(making, device, tick, warn)

    def total(self) -> int:
        """How often `tick` will be called."""
        generators = len(self.spec.generators)
        return self.trials.total(2 + generators) + self.maker.total(generators)

    def run(self) -> list[Outcome]:
        """Train and judge every arm, repeat by repeat."""
        real = tuple(read_scene(example) for example in self.spec.training)
        ids, known = tuple(self.spec.classes), files_of(self.spec.training)
        arms = [Arm(RAW, real, ids, known), Arm(AUGMENT, real, ids, known, augment=True)]
        for one in self.spec.generators:
            made, weights = self.maker.scenes(one)
            decides = [known, self.maker.making.decides()]
            arms.append(Arm(one.name, (*real, *made), ids, decides, weights_sha256=weights))
        return self.trials.run(arms)
