"""Real contents laid into painted masks."""

from typing import Annotated

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from defectstudio.domain.generators import ByKind, Config, GeneratorCard, PasteConfig
from defectstudio.synthesis.generators.paste import Paste, packed


def make(own, **settings):
    config = PasteConfig(**settings)
    channels = own[0][1].shape[2]
    card = GeneratorCard(config, channels, {1: "a"}, {1: 1.0}, 1, (), "train", "", {})
    return Paste(card, packed(own, config), torch.device("cpu"))


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


def test_what_one_piece_leaves_is_covered_by_others():
    """A bent line of a content that is straight: its own grain all along, no smear."""
    rng = np.random.default_rng(0)
    straight = np.zeros((40, 40), bool)
    straight[16:24] = True
    bars = [(0, rng.random((40, 40, 1)).astype(np.float32), straight)]
    mask = np.zeros((46, 46), bool)
    mask[20:26, 3:43], mask[3:43, 20:26] = True, True
    far = mask.copy()
    far[13:33, 13:33] = False

    def still(generator):
        """The share of neighbours, far from the crossing, that are equal: smeared."""
        pixels = fill(generator, mask)[..., 0]
        both = [far[1:] & far[:-1], far[:, 1:] & far[:, :-1]]
        steps = [np.abs(np.diff(pixels, axis=axis))[one] for axis, one in enumerate(both)]
        return float((np.concatenate(steps) < 1e-6).mean())

    assert still(make(bars, pieces=1)) > 0.15
    assert still(make(bars)) < 0.02


def test_generators_of_before_fill_as_they_did():
    """Their cards do not say how many pieces a mask is covered with: one."""
    reader = TypeAdapter(Annotated[Config, ByKind(stored=True)])
    old = reader.validate_python({"kind": "paste", "candidates": 5})
    assert (old.pieces, old.candidates) == (1, 5)


def test_tensors_that_do_not_fit_are_refused():
    card = make([bar(9, 9)]).card
    with pytest.raises(RuntimeError, match="no content"):
        Paste(card, {}, torch.device("cpu"))
