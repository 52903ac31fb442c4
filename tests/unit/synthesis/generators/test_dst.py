"""DST and histogram match as samplers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import CheckpointError, RecipeError
from defectstudio.domain.recipe import BlendSettings, Defect, GrainSettings, Recipe
from defectstudio.imaging.masks import encode
from defectstudio.networks.features.registry import HED_VARIABLE
from defectstudio.networks.transfer_net.objective import Placement, total, weighted
from defectstudio.synthesis.generators import dst
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.generators.references import matched
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


def test_an_empty_mask_has_nothing_to_polish(tiny_of_kind):
    generator = load_generator(tiny_of_kind("dst"), CPU)
    empty = np.zeros((9, 7), bool)
    surface = surface_for(generator, empty)
    rows, columns = generator.config.context(9, 7)
    made = generator.polished(1, 0, empty, surface, 3)
    assert np.array_equal(made.pixels, surface[rows : rows + 9, columns : columns + 7])


def test_tiles_of_a_large_surface_meet_without_a_seam(tiny_of_kind, monkeypatch):
    """Tiles as different as can be, black and white in turn: one rises gently into the other."""
    generator = load_generator(tiny_of_kind("dst", fusion=0.0), CPU)
    monkeypatch.setattr(dst, "TILE", 192)
    monkeypatch.setattr(dst, "OVERLAP", 128)
    shades = iter([0.0, 1.0] * 20)
    monkeypatch.setattr(generator, "_net", lambda image, *_: np.full_like(image, next(shades)))
    mask = np.ones((70, 300), bool)
    made = generator.generate(1, 0, mask, surface_for(generator, mask)).pixels
    assert made.min() < 0.1 and made.max() > 0.9
    steps = np.abs(np.diff(made, axis=1))
    assert 0 < steps.max() < 2 / (dst.OVERLAP - 2 * dst.REACH)


def test_a_polished_content_is_nearer_to_the_reference(tiny_of_kind):
    generator = load_generator(tiny_of_kind("dst", hist_pixels=4096), CPU)
    mask = disc(40)
    surface = surface_for(generator, mask)
    plain = generator.generate(1, 0, mask, surface)
    one, again = (generator.polished(1, 0, mask, surface, 30) for _ in range(2))
    assert one.pixels.tobytes() == again.pixels.tobytes()
    assert np.array_equal(one.raw_mask, mask)
    assert not np.allclose(one.pixels[mask], plain.pixels[mask], atol=0.01)
    more = generator.polished(1, 0, mask, surface, 60)
    few = generator.polished(1, 0, mask, surface, 2)
    losses = [loss_of(generator, content, mask, surface) for content in (few, plain, one, more)]
    assert losses[0] <= losses[1] > losses[2] > losses[3]


def test_large_masks_are_refined_in_tiles(tiny_of_kind, monkeypatch):
    """The memory is that of a tile; every part is moved, and what is outside stays."""
    generator = load_generator(tiny_of_kind("dst"), CPU)
    monkeypatch.setattr(dst, "TILE", 128)
    monkeypatch.setattr(dst, "OVERLAP", 96)
    sizes = []
    descended = generator._descended
    monkeypatch.setattr(
        generator,
        "_descended",
        lambda made, *rest: sizes.append(made.shape) or descended(made, *rest),
    )
    mask = np.ones((20, 150), bool)
    surface = surface_for(generator, mask)
    plain, refined = (generator.polished(1, 0, mask, surface, n).pixels for n in (0, 2))
    assert len(sizes) > 1 and max(max(size[:2]) for size in sizes) <= 128
    change = np.abs(refined - plain).max(axis=2)
    assert (change[4:-4, 4:-4].max(axis=0) > 1e-4).all()


def test_without_the_network_of_the_training_there_is_no_refinement(tiny_of_kind, monkeypatch):
    monkeypatch.delenv(HED_VARIABLE, raising=False)
    generator = load_generator(tiny_of_kind("dst"), CPU)
    generator.config = replace(generator.config, features="vgg16-hed")
    mask = disc(40)
    surface = surface_for(generator, mask)
    assert generator.polished(1, 0, mask, surface, 0).raw_mask.any()
    with pytest.raises(CheckpointError, match="With polish 0"):
        generator.polished(1, 0, mask, surface, 1)


def loss_of(generator, content, mask, surface):
    """The weighted losses of a content at its place."""
    rows, columns = generator.config.context(*mask.shape)
    wide = np.pad(mask, ((rows, rows), (columns, columns)))
    values, number = generator.references.drawn(0, 0)
    planes = [surface, matched(surface, wide, values), wide[..., None].astype(np.float32)]
    tensors = [torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))[None] for x in planes]
    objective = generator._objective()
    place = Placement(*tensors, tensors[2], [generator.wanted[number]])
    made = surface.copy()
    made[rows : rows + 40, columns : columns + 40] = content.pixels
    image = torch.from_numpy(made.transpose(2, 0, 1).copy())[None]
    log = objective(image, place, torch.Generator().manual_seed(0))
    return float(total(weighted(log, generator.weights)))


def test_a_recipe_says_the_polish_and_other_kinds_refuse_it(tiny_of_kind):
    background = np.random.default_rng(1).integers(90, 120, (120, 110, 3), dtype=np.uint8)
    made = []
    for polish in (0, 3):
        generator = load_generator(tiny_of_kind("dst"), CPU)
        weights = generator.card.weights_sha256
        defect = Defect(2, 0, encode(disc(40)), 20, 30, weights, polish=polish)
        made.append(render(Recipe("b" * 64, (defect,)), background, {weights: generator}).image)
    assert not np.array_equal(*made)
    other = load_generator(tiny_of_kind("paste"), CPU)
    weights = other.card.weights_sha256
    defect = Defect(2, 0, encode(disc(40)), 20, 30, weights, polish=3)
    with pytest.raises(RecipeError, match="polish to 0"):
        render(Recipe("b" * 64, (defect,)), background, {weights: other})
