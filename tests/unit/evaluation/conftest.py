"""An item with two classes, and generators without any learning to measure on it."""

from dataclasses import replace

import numpy as np
import pytest

from defectstudio.domain.comparisons import CompareSpec, GroupedFile, RealismSettings
from defectstudio.domain.generators import CONFIGS, GeneratorCard
from defectstudio.domain.specs import BackgroundFile, LabeledFile
from defectstudio.imaging.reading import write_png

SETTINGS = RealismSettings(count=6, canvas=32, feature_side=32, subsets=10, sheet=3, masks=2)


class FakeGenerator:
    """Fills the mask with noise around `level` in relative tone; `free` shapes are a disk."""

    def __init__(self, name="fake", *, level=0.2, noise=0.05, seed=0, trained_on=(), free=False,
                 kind="dcdganc", classes=None):  # fmt: skip
        self.card = GeneratorCard(
            config=CONFIGS[kind](seed=seed),
            channels=3,
            classes=classes or {1: "hole", 2: "scratch"},
            values={1: 0.0, 2: 1.0},
            step=7,
            trained_on=tuple(trained_on),
            split="train",
            weights_sha256=f"{name}-{seed}",
            versions={},
        )
        self.level, self.noise = level, noise
        self.fills_mask = not free

    def generate(self, class_id, seed, mask, surface):
        from defectstudio.synthesis.generators.content import Content

        rng = np.random.default_rng([class_id, seed, self.card.config.seed])
        pixels = self.level + self.noise * rng.standard_normal((*mask.shape, 3))
        raw = mask
        if not self.fills_mask:
            rows, columns = np.indices(mask.shape)
            centre = np.array(mask.shape) / 2
            raw = np.hypot(rows - centre[0], columns - centre[1]) < 6
            if rng.random() < 0.2:
                raw = np.zeros_like(raw)
        return Content(np.clip(pixels, 0, 1).astype(np.float32), raw & mask)


def _files(folder, split, count, seed):
    """Labeled images: dark holes (class 1) and bright scratches (class 2), two a part."""
    rng = np.random.default_rng(seed)
    for n in range(count):
        image = rng.integers(110, 140, (72, 80, 3), dtype=np.uint8)
        label = np.zeros((72, 80), np.uint8)
        label[10 : 26 + n, 12 : 30 + n % 3] = 1
        label[50:54, 10 : 60 + n] = 2
        image[label == 1] = rng.integers(20, 50, (int((label == 1).sum()), 3))
        image[label == 2] = rng.integers(200, 250, (int((label == 2).sum()), 3))
        write_png(folder / f"{split}{n}.png", image)
        write_png(folder / f"{split}{n}_label.png", label)
        file = LabeledFile(
            folder / f"{split}{n}.png", folder / f"{split}{n}_label.png", f"{split}{n}"
        )
        yield GroupedFile(file, f"{split} part {n // 2}")


@pytest.fixture
def spec(tmp_path):
    folder = tmp_path / "data"
    ground = np.random.default_rng(9).integers(110, 140, (96, 100, 3), dtype=np.uint8)
    write_png(folder / "ground.png", ground)
    return CompareSpec(
        run=tmp_path / "run",
        project="p",
        item="tile",
        classes={1: "hole", 2: "scratch"},
        generators=(),
        training=tuple(_files(folder, "train", 6, 1)),
        test=tuple(_files(folder, "test", 4, 2)),
        backgrounds=(BackgroundFile(folder / "ground.png", "b" * 64),),
        background_split="test",
        settings=SETTINGS,
    )


@pytest.fixture(scope="session")
def judge():
    """Two random convolutions see enough of these pictures, in a hundredth of the time."""
    import torch
    from torch import nn

    from defectstudio.evaluation.seen import Judge
    from defectstudio.networks.features.registry import FeatureNetwork

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 16, 3, stride=2, padding=1)
            self.second = nn.Conv2d(16, 32, 3, stride=2, padding=1)

        def forward(self, x):
            low = self.first(x).relu()
            high = self.second(low).relu()
            return [low, high], high

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Two().requires_grad_(False)
    known = FeatureNetwork("two", "0" * 64, net, (0.5,) * 3, (0.25,) * 3, torch.device("cpu"))
    return Judge(known, 32, 10)


@pytest.fixture
def fake():
    return FakeGenerator


@pytest.fixture
def compared(spec, judge):
    """run(*named, **changes of the specification) -> (Realism, Comparison, ticks, warnings)."""
    from defectstudio.evaluation.realism import Comparison, Named

    def run(*generators, **changes):
        ticks, warnings = [], []
        own = replace(spec, **changes)
        comparison = Comparison(own, judge, lambda: ticks.append(1), warnings.append)
        named = [Named(name, generator) for name, generator in generators]
        assert comparison.total(named) >= 0
        result = comparison.run(named)
        assert len(ticks) == comparison.total(named)
        return result, comparison, warnings

    return run
