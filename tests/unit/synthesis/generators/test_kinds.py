"""What holds for the sampler of every kind."""

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.generators import CARD, CONFIGS, WEIGHTS
from defectstudio.domain.recipe import Defect, Recipe
from defectstudio.domain.specs import SynthesizeSpec
from defectstudio.imaging.masks import encode
from defectstudio.networks.weights import load_tensors, save_tensors
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.generators.loading import SAMPLERS, load_card, load_generator
from defectstudio.synthesis.render import render

CPU = torch.device("cpu")
FILLING = [kind for kind in CONFIGS if kind != "stylegan2"]
SEEDED = [kind for kind in CONFIGS if kind not in ("cyclegan", "stargan")]


def blob(shape):
    mask = np.zeros(shape, bool)
    mask[shape[0] // 4 : shape[0] // 4 * 3 + 1, shape[1] // 5 : shape[1] // 5 * 4 + 1] = True
    return mask


def generate(generator, mask, class_id=1, seed=0, tone=0.5):
    rows, columns = generator.card.config.context(*mask.shape)
    size = mask.shape[0] + 2 * rows, mask.shape[1] + 2 * columns
    surface = np.full((*size, generator.card.channels), tone, np.float32)
    return generator.generate(class_id, seed, mask, surface)


def test_every_kind_has_a_sampler():
    assert set(SAMPLERS) == set(CONFIGS)


@pytest.mark.parametrize("kind", FILLING)
def test_any_mask_is_filled_exactly(tiny_of_kind, kind):
    generator = load_generator(tiny_of_kind(kind), CPU)
    assert generator.fills_mask and generator.card.kind == kind
    for shape in ((1, 1), (3, 90), (64, 64), (150, 37)):
        made = generate(generator, blob(shape))
        assert np.array_equal(made.raw_mask, blob(shape))
        assert made.pixels.shape == (*shape, 3) and made.pixels.dtype == np.float32
        assert made.pixels.min() >= 0 and made.pixels.max() <= 1


def test_a_free_shape_stays_in_its_window(tiny_of_kind):
    generator = load_generator(tiny_of_kind("stylegan2"), CPU)
    assert not generator.fills_mask
    for shape in ((64, 64), (40, 90)):
        made = generate(generator, blob(shape))
        assert made.pixels.shape == (*shape, 3)
        assert not (made.raw_mask & ~blob(shape)).any()
    shape = generate(generator, np.ones((64, 64), bool)).raw_mask
    assert np.array_equal(shape, generate(generator, np.ones((64, 64), bool), tone=0.9).raw_mask)


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_same_call_gives_the_same_bytes(tiny_of_kind, kind):
    folder, mask = tiny_of_kind(kind), blob((40, 30))
    one, other = (generate(load_generator(folder, CPU), mask, 2, 5) for _ in range(2))
    assert one.pixels.tobytes() == other.pixels.tobytes()


@pytest.mark.parametrize("kind", SEEDED)
def test_class_and_seed_matter(tiny_of_kind, kind):
    generator, mask = load_generator(tiny_of_kind(kind), CPU), np.ones((32, 32), bool)
    base = generate(generator, mask).pixels
    assert not np.array_equal(base, generate(generator, mask, class_id=2).pixels)
    assert not np.array_equal(base, generate(generator, mask, seed=1).pixels)


@pytest.mark.parametrize("kind", ["cyclegan", "stargan"])
def test_a_translator_follows_class_and_surface_but_no_seed(tiny_of_kind, kind):
    generator, mask = load_generator(tiny_of_kind(kind), CPU), blob((40, 40))
    base = generate(generator, mask).pixels
    assert np.array_equal(base, generate(generator, mask, seed=1).pixels)
    assert not np.array_equal(base, generate(generator, mask, class_id=2).pixels)
    assert not np.array_equal(base, generate(generator, mask, tone=0.2).pixels)


@pytest.mark.parametrize("kind", CONFIGS)
def test_an_unknown_class_is_named(tiny_of_kind, kind):
    generator = load_generator(tiny_of_kind(kind), CPU)
    with pytest.raises(CheckpointError, match="hole, scratch"):
        generate(generator, blob((8, 8)), class_id=9)


@pytest.mark.parametrize("kind", CONFIGS)
def test_weights_that_do_not_fit_are_refused(tiny_of_kind, kind):
    folder = tiny_of_kind(kind)
    tensors = load_tensors(folder / WEIGHTS)
    tensors.pop(next(name for name in tensors if not name.endswith("mask")))
    if kind == "paste":
        tensors.pop("000000.0.pixels")
    digest = save_tensors(folder / WEIGHTS, tensors)
    text = (folder / CARD).read_text()
    old = load_card(folder).weights_sha256
    (folder / CARD).write_text(text.replace(old, digest))
    with pytest.raises(CheckpointError, match="do not fit"):
        load_generator(folder, CPU)


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_recipe_is_rendered(tiny_of_kind, kind):
    generator = load_generator(tiny_of_kind(kind), CPU)
    background = np.random.default_rng(0).integers(100, 140, (80, 90), dtype=np.uint8)
    weights = generator.card.weights_sha256
    defect = Defect(1, 7, encode(blob((30, 20))), 10, 75, weights)
    sample = render(Recipe("b" * 64, (defect,)), background, {weights: generator})
    assert sample.image.shape == background.shape
    outside = sample.painted == 0
    assert np.array_equal(sample.image[outside], background[outside])


def test_a_batch_of_pasted_contents(tiny_of_kind, tiny_files, tiny_normals, tmp_path):
    folder = tiny_of_kind("paste")
    spec = SynthesizeSpec(
        tmp_path / "run", "p", folder, (1, 2), tiny_normals, tiny_files, count=2, seed=3
    )
    maker = Batch(spec, load_generator(folder, CPU))
    for index, class_id in enumerate((1, 2)):
        assert (maker.make(index).sample.label == class_id).any()
