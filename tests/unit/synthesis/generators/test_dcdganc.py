"""A trained DCDGANc: any mask, the same bytes."""

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import CheckpointError
from defectstudio.synthesis.generators.loading import load_generator

CPU = torch.device("cpu")


def content(generator, class_id, seed, mask):
    surface = np.full((*mask.shape, generator.card.channels), 0.5, np.float32)
    return generator.generate(class_id, seed, mask, surface)


def test_the_same_call_gives_the_same_bytes_whatever_the_threads(tiny_generator):
    folder = tiny_generator()
    mask = np.zeros((40, 30), bool)
    mask[5:35, 3:25] = True
    before = torch.get_num_threads()
    made = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            made.append(content(load_generator(folder, CPU), 2, 5, mask).pixels.tobytes())
    finally:
        torch.set_num_threads(before)
    assert made[0] == made[1]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(1, 1), (3, 90), (64, 64), (150, 37), (500, 300)])
def test_any_mask_is_filled(tiny_generator, shape, channels):
    generator = load_generator(tiny_generator(channels=channels), CPU)
    mask = np.zeros(shape, bool)
    mask[shape[0] // 3 : shape[0] // 3 * 2 + 1] = True
    made = content(generator, 1, 0, mask)
    assert made.pixels.shape == (*shape, channels)
    assert made.pixels.dtype == np.float32
    assert made.pixels.min() >= 0
    assert made.pixels.max() <= 1
    assert np.array_equal(made.raw_mask, mask)


def test_the_key_never_bleeds_into_an_enlarged_content(tiny_generator):
    """Bicubic enlarging must not mix the black key into the rim of the content."""
    generator = load_generator(tiny_generator(channels=1), CPU)
    mask = np.zeros((600, 600), bool)
    mask[100:500, 100:500] = True
    pixels = content(generator, 1, 0, mask).pixels[..., 0]
    assert pixels[100:104, 100:500].mean() > 0.5 * pixels[250:350, 250:350].mean()


def test_class_and_seed_matter(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    mask = np.ones((32, 32), bool)
    base = content(generator, 1, 0, mask).pixels
    assert not np.array_equal(base, content(generator, 2, 0, mask).pixels)
    assert not np.array_equal(base, content(generator, 1, 1, mask).pixels)


def test_constant_source_stays_inside_the_painted_box(tiny_generator):
    generator = load_generator(tiny_generator("constant"), CPU)
    mask = np.ones((48, 200), bool)
    made = content(generator, 1, 0, mask)
    assert made.pixels.shape == (48, 200, 3)
    assert not (made.raw_mask & ~mask).any()


@pytest.mark.parametrize("shape", [(64, 64), (200, 200)])
def test_a_soft_alpha_leaves_no_shadow_of_the_key(tiny_generator, monkeypatch, shape):
    """White content under a soft alpha is white up to its rim, not grey on black."""
    generator = load_generator(tiny_generator("constant", channels=1), CPU)
    rows, cols = np.mgrid[:64, :64]
    alpha = np.clip((20 - np.hypot(rows - 32, cols - 32)) / 8 + 0.5, 0, 1).astype(np.float32)
    ran = np.stack([alpha * 0.9, alpha], axis=2)
    monkeypatch.setattr(generator, "_run", lambda *_: ran)
    made = content(generator, 1, 0, np.ones(shape, bool))
    assert made.raw_mask.any()
    assert not made.raw_mask.all()
    assert np.allclose(made.pixels[made.raw_mask], 0.9, atol=1e-3)


def test_an_unknown_class_is_named(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    with pytest.raises(CheckpointError, match="hole, scratch"):
        content(generator, 9, 0, np.ones((8, 8), bool))


def test_the_surface_is_not_looked_at(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    mask = np.ones((20, 20), bool)
    dark = generator.generate(1, 0, mask, np.zeros((20, 20, 3), np.float32))
    assert np.array_equal(dark.pixels, content(generator, 1, 0, mask).pixels)
