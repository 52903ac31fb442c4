"""DST and histogram match as samplers."""

import numpy as np
import pytest
import torch

from defectstudio.domain.recipe import BlendSettings, Defect, GrainSettings, Recipe
from defectstudio.imaging.masks import encode
from defectstudio.synthesis.generators import dst
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.render import render

CPU = torch.device("cpu")


def disc(side):
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    return rows**2 + columns**2 < (side / 2) ** 2


def surface_for(generator, mask, level=0.5):
    rows, columns = generator.card.config.context(*mask.shape)
    size = mask.shape[0] + 2 * rows, mask.shape[1] + 2 * columns, generator.card.channels
    noise = np.random.default_rng(0).normal(0, 0.05, size)
    return np.clip(level + noise, 0, 1).astype(np.float32)


def test_histogram_match_has_the_colours_of_the_reference(tiny_of_kind):
    generator = load_generator(tiny_of_kind("histmatch", fusion=0.0), CPU)
    mask = disc(40)
    made = generator.generate(2, 0, mask, surface_for(generator, mask))
    assert np.allclose(made.pixels[mask], 230 / 255, atol=1e-6)
    assert np.array_equal(made.raw_mask, mask)


def test_an_untrained_network_is_histogram_match(tiny_of_kind):
    """It adds nothing yet; the context only frames it."""
    trained = load_generator(tiny_of_kind("dst"), CPU)
    plain = load_generator(tiny_of_kind("histmatch"), CPU)
    mask = disc(30)
    wide = surface_for(trained, mask)
    rows, columns = trained.card.config.context(*mask.shape)
    inner = np.ascontiguousarray(wide[rows : rows + 30, columns : columns + 30])
    assert np.allclose(
        trained.generate(1, 3, mask, wide).pixels, plain.generate(1, 3, mask, inner).pixels,
        atol=1e-6,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["dst", "histmatch"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_sample_is_the_background_outside(tiny_of_kind, kind, dtype, channels):
    generator = load_generator(
        tiny_of_kind(kind, **({"residual": False} if kind == "dst" else {})), CPU
    )
    shape = (120, 110) if channels == 1 else (120, 110, 3)
    full = np.iinfo(dtype).max
    background = np.random.default_rng(1).integers(full // 3, full // 2, shape, dtype=dtype)
    weights = generator.card.weights_sha256
    defect = Defect(2, 0, encode(disc(40)), -5, 30, weights)
    recipe = Recipe("b" * 64, (defect,), blend=BlendSettings("alpha"), grain=GrainSettings(0.0))
    sample = render(recipe, background, {weights: generator})
    assert sample.image.dtype == dtype
    outside = sample.painted == 0
    assert np.array_equal(sample.image[outside], background[outside])
    assert (sample.label == 2).any()


def test_tiles_of_a_large_surface_meet_without_a_seam(tiny_of_kind, monkeypatch):
    """A network whose norms look at the whole tile: means differ a little, edges must not."""
    generator = load_generator(tiny_of_kind("dst", residual=False), CPU)
    mask = np.ones((70, 300), bool)
    surface = surface_for(generator, mask)
    whole = generator.generate(1, 0, mask, surface).pixels
    monkeypatch.setattr(dst, "TILE", 192)
    monkeypatch.setattr(dst, "OVERLAP", 96)
    tiled = generator.generate(1, 0, mask, surface).pixels
    assert not np.array_equal(whole, tiled)
    edges = np.abs(np.diff(tiled - whole, axis=1)).mean(axis=(0, 2))
    assert edges.max() < 3 * np.median(edges)


def test_tiles_cover_every_masked_pixel():
    for shape in ((1025, 40), (2500, 1700), (1024, 1024)):
        weight = np.zeros(shape, np.float32)
        for box in dst._tiles(np.ones(shape, bool)):
            assert max(box.shape) <= dst.TILE
            weight[box.slices] += dst._feather(box, shape)
        assert weight.min() > 0
