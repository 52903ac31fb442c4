"""Noise that knows nothing of the data."""

import numpy as np
import torch

from defectstudio.domain.generators import GeneratorCard, ProceduralConfig
from defectstudio.synthesis.generators.procedural import OFFSET, Procedural, packed

CONFIG = ProceduralConfig()
CARD = GeneratorCard(CONFIG, 3, {1: "a", 2: "b"}, {1: 0.0, 2: 1.0}, 1, (), "train", "", {})


def test_level_contrast_and_length_vary_with_the_seed():
    generator = Procedural(CARD, packed(3, CONFIG), torch.device("cpu"))
    mask, surface = np.ones((48, 48), bool), np.zeros((48, 48, 3), np.float32)
    made = [generator.generate(1, seed, mask, surface).pixels for seed in range(40)]
    levels = np.array([one.mean() for one in made])
    assert np.abs(levels - 0.5).min() > OFFSET[0] / 3, "visible on any surface"
    assert (levels < 0.4).any() and (levels > 0.6).any()
    contrasts = np.array([one.std(axis=(0, 1)).mean() for one in made])
    assert contrasts.max() > 3 * contrasts.min()
    smooth = [np.abs(np.diff(one, axis=0)).mean() / one.std() for one in made]
    assert max(smooth) > 3 * min(smooth)
