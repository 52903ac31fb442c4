"""CycleGAN's discriminator, pool and what is kept of it."""

import torch

from defectstudio.domain.generators import CycleGanConfig
from defectstudio.networks.baselines.cyclegan import Cycle, PatchGan, Pool, SurfaceToDefect

CONFIG = CycleGanConfig(width_g=8, width_d=8, blocks=1, pool=2)


def test_the_discriminator_judges_patches():
    torch.manual_seed(0)
    net, image = PatchGan(4, 8), torch.randn(2, 4, 64, 64)
    base = net(image)
    assert base.shape == (2, 1, 6, 6)
    image[:, :, :8, :8] += 1
    assert not torch.allclose(base, net(image))


def test_a_pool_gives_back_what_it_was_given():
    pool, rng = Pool(2, (1, 1, 1)), torch.Generator().manual_seed(0)
    first = torch.tensor([1.0, 2.0]).view(2, 1, 1, 1)
    assert torch.equal(pool.swap(first, rng), first), "it fills first"
    seen = [float(pool.swap(torch.full((1, 1, 1, 1), float(n)), rng)) for n in range(3, 40)]
    old = sum(value != n for n, value in enumerate(seen, start=3))
    assert 10 < old < 28, "about half are old ones"
    assert set(seen) <= set(map(float, range(1, 40)))
    assert len(set(seen)) == len(seen), "none comes twice"


def test_an_empty_pool_keeps_nothing():
    made = torch.randn(2, 1, 1, 1, requires_grad=True)
    out = Pool(0, (1, 1, 1)).swap(made, torch.Generator())
    assert torch.equal(out, made) and not out.requires_grad


def test_a_pool_is_saved_with_the_networks():
    names = Cycle(CONFIG, 3).state_dict()
    assert {"pool_a.images", "pool_a.count", "pool_b.images"} <= set(names)
    assert names["pool_a.images"].shape == (2, 4, 64, 64)


def test_every_class_has_a_generator_of_its_own():
    torch.manual_seed(0)
    net, image = SurfaceToDefect(CONFIG, 3, 2), torch.rand(1, 4, 64, 64)
    assert not torch.allclose(net(image, 0, -1.0), net(image, 1, -1.0))
