"""The protocol "transfer": do defects of one product teach a segmenter another (P1 Tables 7, 8)?

Arms are trained on a source item's contents on the target's normal images, on the source's own
images, and, as an upper bound, on real images of the target. No label of the target chooses
anything: the threshold is a probability of 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from defectstudio.domain.comparisons import CompareTransferSpec
from defectstudio.domain.spread import Pool
from defectstudio.evaluation.altered import Altering
from defectstudio.evaluation.kept import Outcome, files_of
from defectstudio.evaluation.making import Maker, Making
from defectstudio.evaluation.trials import Arm, Panel, Stage, Trials
from defectstudio.training.crops import read_scene

DIRECT, BOUND = "source images", "target images"


class ZeroShot:
    """One run of the protocol; `tick` is called after every step of a training and after every
    sample, and may raise to stop."""

    def __init__(
        self,
        spec: CompareTransferSpec,
        device: torch.device,
        tick: Callable[[], None],
        warn: Callable[[str], None],
        pool: Pool | None = None,
    ) -> None:
        self.spec = spec
        s = spec.settings
        stage = Stage(spec.classes, (), spec.test, s, spec.cache)
        self.trials = Trials(stage, device, tick, pool)
        making = Making(
            spec.run,
            spec.project,
            spec.source_classes,
            spec.source,
            spec.training,
            s.count,
            s.seed,
            Altering(s.grey, s.cut),
        )
        self.maker = Maker(making, device, tick, warn)

    @property
    def trainings(self) -> int:
        """Of each segmenter, kept ones among them."""
        return self.spec.settings.repeats * (2 + len(self.spec.generators))

    def total(self) -> int:
        """How often `tick` will be called."""
        generators = len(self.spec.generators)
        return self.trials.total(2 + generators) + self.maker.total(generators)

    def seconds(self) -> float:
        """About how long one arm takes with each segmenter once."""
        return self.trials.seconds(self._direct())

    def run(self) -> list[Outcome]:
        """Train and judge every arm, repeat by repeat."""
        spec = self.spec
        ids = tuple(spec.source_classes)
        normal = tuple(read_scene(one) for one in spec.training if one.label is None)
        arms = [self._direct()]
        for one in spec.generators:
            made, weights = self.maker.scenes(one)
            decides = self.maker.making.decides()
            scenes = (*normal, *made)
            arms.append(Arm(one.name, scenes, ids, decides, share=1.0, weights_sha256=weights))
        whole = tuple(map(read_scene, spec.training))
        arms.append(Arm(BOUND, whole, tuple(spec.classes), files_of(spec.training)))
        return self.trials.run(arms)

    def _direct(self) -> Arm:
        source = self.spec.source
        ids = tuple(self.spec.source_classes)
        return Arm(DIRECT, tuple(map(read_scene, source)), ids, files_of(source))

    @property
    def panels(self) -> Sequence[Panel]:
        """Test images of the target."""
        return self.trials.panels
