"""Trained generators: any mask, the same bytes, and clear words when something is wrong."""

import json

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.generators import CARD, WEIGHTS
from defectstudio.synthesis.generators import load_generator

CPU = torch.device("cpu")


def test_the_same_call_gives_the_same_bytes_whatever_the_threads(tiny_generator):
    folder = tiny_generator()
    mask = np.zeros((40, 30), bool)
    mask[5:35, 3:25] = True
    before = torch.get_num_threads()
    made = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            made.append(load_generator(folder, CPU).generate(2, 5, mask).pixels.tobytes())
    finally:
        torch.set_num_threads(before)
    assert made[0] == made[1]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(1, 1), (3, 90), (64, 64), (150, 37), (500, 300)])
def test_any_mask_is_filled(tiny_generator, shape, channels):
    generator = load_generator(tiny_generator(channels=channels), CPU)
    mask = np.zeros(shape, bool)
    mask[shape[0] // 3 : shape[0] // 3 * 2 + 1] = True
    content = generator.generate(1, 0, mask)
    assert content.pixels.shape == (*shape, channels)
    assert content.pixels.dtype == np.float32
    assert content.pixels.min() >= 0
    assert content.pixels.max() <= 1
    assert np.array_equal(content.raw_mask, mask)


def test_the_key_never_bleeds_into_an_enlarged_content(tiny_generator):
    """Bicubic enlarging must not mix the black key into the rim of the content."""
    generator = load_generator(tiny_generator(channels=1), CPU)
    mask = np.zeros((600, 600), bool)
    mask[100:500, 100:500] = True
    pixels = generator.generate(1, 0, mask).pixels[..., 0]
    assert pixels[100:104, 100:500].mean() > 0.5 * pixels[250:350, 250:350].mean()


def test_class_and_seed_matter(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    mask = np.ones((32, 32), bool)
    base = generator.generate(1, 0, mask).pixels
    assert not np.array_equal(base, generator.generate(2, 0, mask).pixels)
    assert not np.array_equal(base, generator.generate(1, 1, mask).pixels)


def test_constant_source_stays_inside_the_painted_box(tiny_generator):
    generator = load_generator(tiny_generator("constant"), CPU)
    mask = np.ones((48, 200), bool)
    content = generator.generate(1, 0, mask)
    assert content.pixels.shape == (48, 200, 3)
    assert not (content.raw_mask & ~mask).any()


@pytest.mark.parametrize("shape", [(64, 64), (200, 200)])
def test_a_soft_alpha_leaves_no_shadow_of_the_key(tiny_generator, monkeypatch, shape):
    """White content under a soft alpha is white up to its rim, not grey on black."""
    generator = load_generator(tiny_generator("constant", channels=1), CPU)
    rows, cols = np.mgrid[:64, :64]
    alpha = np.clip((20 - np.hypot(rows - 32, cols - 32)) / 8 + 0.5, 0, 1).astype(np.float32)
    made = np.stack([alpha * 0.9, alpha], axis=2)
    monkeypatch.setattr(generator, "_run", lambda *_: made)
    content = generator.generate(1, 0, np.ones(shape, bool))
    assert content.raw_mask.any()
    assert not content.raw_mask.all()
    assert np.allclose(content.pixels[content.raw_mask], 0.9, atol=1e-3)


def test_an_unknown_class_is_named(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    with pytest.raises(CheckpointError, match="hole, scratch"):
        generator.generate(9, 0, np.ones((8, 8), bool))


def test_changed_weights_are_refused(tiny_generator):
    folder = tiny_generator()
    weights = folder / WEIGHTS
    weights.write_bytes(weights.read_bytes() + b"x")
    with pytest.raises(CheckpointError, match="not those of its card"):
        load_generator(folder, CPU)


def test_a_missing_broken_or_newer_card_is_refused(tiny_generator, tmp_path):
    with pytest.raises(CheckpointError, match="card is missing"):
        load_generator(tmp_path, CPU)
    folder = tiny_generator()
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "format": 2}))
    with pytest.raises(CheckpointError, match="update DefectStudio"):
        load_generator(folder, CPU)
    (folder / CARD).write_text("{")
    with pytest.raises(CheckpointError, match="not valid"):
        load_generator(folder, CPU)


def test_weights_of_another_network_are_refused(tiny_generator):
    folder, other = tiny_generator(channels=3), tiny_generator(channels=1)
    card = json.loads((folder / CARD).read_text())
    digest = json.loads((other / CARD).read_text())["weights_sha256"]
    (folder / WEIGHTS).write_bytes((other / WEIGHTS).read_bytes())
    (folder / CARD).write_text(json.dumps({**card, "weights_sha256": digest}))
    with pytest.raises(CheckpointError, match="do not fit"):
        load_generator(folder, CPU)
