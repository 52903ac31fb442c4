"""Latents: exact ends, unit variance between, a prior undone."""

import pytest
import torch

from defectstudio.networks.dcdganc.prior import Prior
from defectstudio.synthesis.latents import Draw, Grain, Latent, noise, normal_of, style_of

PRIOR = Prior(torch.tensor([[1.0, -2.0]]), torch.tensor([[[2.0, 0.0], [0.5, 0.3]]]))


def test_a_mix_of_two_seeds_is_again_a_draw_of_the_prior():
    draws = [Draw.of(2 * n, 50).mixed(Draw.of(2 * n + 1, 50), 0.3).normal for n in range(200)]
    assert torch.cat(draws).std() == pytest.approx(1.0, abs=0.02)
    assert sum(g.weight**2 for g in Draw.of(1, 2).mixed(Draw.of(2, 2), 0.3).grains) == (
        pytest.approx(1.0)
    )


@pytest.mark.parametrize(("amount", "seed"), [(0.0, 1), (1.0, 2)])
def test_the_ends_of_a_mix_are_exact(amount, seed):
    mixed = Draw.of(1, 4).mixed(Draw.of(2, 4), amount)
    assert torch.equal(mixed.normal, Draw.of(seed, 4).normal)
    assert mixed.grains == (Grain(seed),)


def test_what_the_prior_does_can_be_undone():
    normal = torch.tensor([0.7, -1.3])
    assert torch.allclose(normal_of(PRIOR, 0, style_of(PRIOR, 0, normal, 1.0)), normal)
    assert torch.equal(style_of(PRIOR, 0, normal, 0.0), PRIOR.mean[0])


def test_noise_planes_are_weighted_and_each_latent_has_its_own():
    def latent(*grains):
        z = torch.zeros(3)
        return Latent(torch.ones(1), 0.0, z, z, grains)

    shapes = [(2, 3), (4, 6)]
    one, two, both = noise(
        [latent(Grain(1)), latent(Grain(2)), latent(Grain(1, 0.6), Grain(2, 0.8))], shapes
    )[1]
    assert one.shape == (1, 4, 6)
    assert torch.allclose(both, 0.6 * one + 0.8 * two)
