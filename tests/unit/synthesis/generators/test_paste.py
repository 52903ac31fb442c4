"""Real contents laid into painted masks."""

import numpy as np
import pytest
import torch

from defectstudio.domain.generators import GeneratorCard, PasteConfig
from defectstudio.synthesis.generators.paste import Paste, packed


def make(pieces, **settings):
    config = PasteConfig(**settings)
    channels = pieces[0][1].shape[2]
    card = GeneratorCard(config, channels, {1: "a"}, {1: 1.0}, 1, (), "train", "", {})
    return Paste(card, packed(pieces, config), torch.device("cpu"))


def fill(generator, mask, seed=0):
    return generator.generate(1, seed, mask, np.zeros((*mask.shape, 1), np.float32)).pixels


def bar(length, wide, value=0.3):
    """A bar with a bright core along its middle, on a surface of 0.9."""
    mask = np.zeros((wide + 4, length + 4), bool)
    mask[2:-2, 2:-2] = True
    pixels = np.full((*mask.shape, 1), 0.9, np.float32)
    pixels[mask] = value
    return 0, pixels, mask


def test_only_content_pixels_are_seen():
    """Nothing of the surface around the real defect gets into the painted mask."""
    generator = make([bar(20, 6)], brightness=0.0)
    for seed in range(10):
        mask = np.ones((30, 50), bool)
        assert np.allclose(fill(generator, mask, seed), 0.3, atol=1e-3)


def test_the_content_that_fits_best_is_taken():
    generator = make([bar(40, 4, 0.2), bar(14, 14, 0.7)], candidates=20, brightness=0.0)
    line, blob = np.zeros((9, 44), bool), np.ones((14, 14), bool)
    line[3:6] = True
    for seed in range(5):
        assert np.allclose(fill(generator, blob, seed), 0.7, atol=1e-3)
    rows = np.arange(44)
    diagonal = np.abs(rows[:, None] - rows[None, :]) < 2
    taken = [float(np.median(fill(generator, diagonal, seed)[diagonal])) for seed in range(5)]
    assert np.median(taken) == pytest.approx(0.2, abs=0.01)


def test_brightness_is_a_factor_in_either_tone():
    for tone in ("absolute", "relative"):
        generator = make([bar(20, 20, 0.4)], brightness=0.5, tone=tone)
        levels = [
            float(fill(generator, np.ones((16, 16), bool), seed).mean()) for seed in range(40)
        ]
        assert min(levels) < 0.35 and max(levels) > 0.45
        ratio = np.sqrt(np.array(levels) / (1 - np.array(levels)))
        factors = ratio / np.sqrt(0.4 / 0.6) if tone == "relative" else np.array(levels) / 0.4
        assert factors.min() > 0.49 and factors.max() < 1.51


def test_seeds_vary_and_large_masks_are_covered():
    rng = np.random.default_rng(0)
    textured = 0, rng.random((12, 12, 1)).astype(np.float32), np.ones((12, 12), bool)
    generator, mask = make([textured]), np.ones((90, 70), bool)
    one, other = fill(generator, mask, 1), fill(generator, mask, 2)
    assert not np.array_equal(one, other)
    assert min(block.std() for block in np.array_split(one, 5)) > 0.05, "mirrored, not smeared"


def test_tensors_that_do_not_fit_are_refused():
    card = make([bar(9, 9)]).card
    with pytest.raises(RuntimeError, match="no content"):
        Paste(card, {}, torch.device("cpu"))
