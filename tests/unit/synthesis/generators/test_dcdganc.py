"""A trained DCDGANc: any mask, the same bytes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import CheckpointError, ImageError, RecipeError
from defectstudio.domain.recipe import ClassMix, Style, StyleMix
from defectstudio.networks.dcdganc.generator import draw_noise
from defectstudio.networks.dcdganc.model import KEY
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.latents import between_classes

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
    monkeypatch.setattr(generator, "_run", lambda *_: [ran])
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


def former(generator, index, seed, canvas):
    """How contents were drawn before styles could be changed: one seed, one plain z."""
    rng = torch.Generator().manual_seed(seed)
    z = generator.prior.style(index, torch.randn(generator.config.nz, generator=rng))[None]
    noise = draw_noise(generator.net.noise_shapes(*canvas.shape), 1, rng)
    cls = torch.tensor([index])
    source = generator.inputs.source(cls, torch.from_numpy(canvas)[None, None])
    code = torch.cat([generator.inputs.one_hot(cls), z], dim=1)
    with torch.no_grad():
        out = generator.net(source, code, noise, KEY)[0]
    out[:-1] = (out[:-1] + 1) / 2
    return out.permute(1, 2, 0).numpy()


@pytest.mark.parametrize("shape", [(40, 30), (64, 100)])
def test_a_plain_style_gives_the_bytes_it_always_gave(tiny_generator, shape):
    generator = load_generator(tiny_generator(), CPU)
    generator.config = replace(generator.config, shrink=0.0)  # as cards have it from then
    mask = np.ones(shape, bool)
    height, width = (64, 64) if shape == (40, 30) else (80, 112)
    top, left = (height - shape[0]) // 2, (width - shape[1]) // 2
    inside = np.s_[top : top + shape[0], left : left + shape[1]]
    canvas = np.zeros((height, width), np.float32)
    canvas[inside] = 1
    expected = np.ascontiguousarray(former(generator, 1, 9, canvas)[inside][..., :-1])
    assert content(generator, 2, 9, mask).pixels.tobytes() == expected.tobytes()


def test_a_gallery_differs_from_single_contents_by_rounding_at_most(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    mask = np.ones((30, 50), bool)
    seeds = range(7)
    several = generator.styled(1, seeds, Style(), mask)
    for seed, made in zip(seeds, several, strict=True):
        assert np.abs(made.pixels - content(generator, 1, seed, mask).pixels).max() <= 1 / 255
    single = generator.styled(1, [3], Style(), mask)[0]
    assert single.pixels.tobytes() == content(generator, 1, 3, mask).pixels.tobytes()


@pytest.mark.parametrize("source", ["mask", "constant"])
def test_both_ends_of_a_mix_are_plain_styles(tiny_generator, source):
    generator = load_generator(tiny_generator(source), CPU)
    mask = np.ones((64, 64), bool)

    def mixed(amount, layers="all"):
        style = Style(mix=StyleMix(8, amount, layers))
        return generator.styled(1, [2], style, mask)[0].pixels.tobytes()

    first, second = (content(generator, 1, seed, mask).pixels.tobytes() for seed in (2, 8))
    assert mixed(0.0) == first == mixed(0.0, "fine")
    assert mixed(1.0) == second
    assert len({first, second, mixed(0.5), mixed(0.5, "fine"), mixed(1.0, "fine")}) == 5


def test_both_ends_between_classes_are_the_plain_classes(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    mask = np.ones((20, 20), bool)
    one, other = generator.latent(1, 4), generator.latent(2, 4)

    def between(amount, code_only=False):
        way = between_classes(one, other, amount, code_only=code_only)
        return generator.draw([way], mask)[0].pixels.tobytes()

    first, second = (content(generator, c, 4, mask).pixels.tobytes() for c in (1, 2))
    assert between(0.0) == first == between(0.0, code_only=True)
    assert between(1.0) == second
    assert len({first, second, between(0.5), between(0.5, True), between(1.0, True)}) == 5


def test_a_style_towards_another_class_lies_between_the_two(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    mask = np.ones((20, 30), bool)

    def towards(amount, class_id=1, other=2):
        style = Style(0.8, StyleMix(5, 0.5, "fine"), towards=ClassMix(other, amount))
        return generator.styled(class_id, [3], style, mask)[0].pixels

    plain = Style(0.8, StyleMix(5, 0.5, "fine"))
    first, second = (generator.styled(c, [3], plain, mask)[0].pixels for c in (1, 2))
    assert towards(0.0).tobytes() == first.tobytes()
    assert towards(1.0).tobytes() == second.tobytes()
    middle = towards(0.5)
    assert not np.array_equal(middle, first) and not np.array_equal(middle, second)
    assert np.allclose(middle, towards(0.5, 2, 1), atol=1e-6)
    with pytest.raises(CheckpointError, match="class 9"):
        towards(0.5, other=9)


def test_truncation_goes_to_the_mean_of_the_class(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    mean = generator.prior.mean[0]
    assert torch.equal(generator.latent(1, 5, Style(truncation=0.0)).z, mean)
    near, far = (generator.latent(1, 5, Style(truncation=t)).z - mean for t in (0.5, 1.0))
    assert torch.allclose(2 * near, far)


def test_a_style_of_another_size_is_refused(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    with pytest.raises(RecipeError, match="2 numbers, those of this generator 4"):
        generator.latent(1, 5, Style(normal=(0.0, 1.0)))


def test_weights_without_an_encoder_are_loaded_and_say_so(tiny_generator):
    generator = load_generator(tiny_generator(), CPU)
    mask = np.ones((8, 8), bool)
    with pytest.raises(CheckpointError, match="no encoder"):
        generator.encode(1, np.zeros((8, 8, 3), np.float32), mask)
    assert generator.looks_real(1, np.zeros((8, 8, 3), np.float32), mask) is None


@pytest.mark.parametrize(("shape", "filled"), [((8, 8, 1), True), ((8, 8, 3), False)])
def test_what_is_no_content_cannot_be_read(trained_generator, shape, filled):
    with pytest.raises(ImageError, match="cannot be read"):
        trained_generator.encode(1, np.zeros(shape, np.float32), np.full((8, 8), filled))
