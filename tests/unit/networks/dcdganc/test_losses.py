"""The losses against torch.distributions, closed forms and a linear discriminator."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import nn

from defectstudio.networks.dcdganc import losses
from defectstudio.networks.dcdganc.discriminator import Judgement


def judgement(logits, features=()):
    return Judgement(logits, torch.ones_like(logits), list(features))


def test_kl_equals_torch_distributions():
    torch.manual_seed(0)
    mu, log_variance = torch.randn(5, 7), torch.randn(5, 7)
    normal = torch.distributions.Normal
    reference = torch.distributions.kl_divergence(
        normal(mu, (0.5 * log_variance).exp()), normal(torch.zeros(5, 7), torch.ones(5, 7))
    )
    assert torch.allclose(losses.kl(mu, log_variance), reference.sum(dim=1).mean(), rtol=1e-5)


def test_undecided_logits_cost_ln2_a_term():
    zero = [judgement(torch.zeros(2, 1, 4, 4)), judgement(torch.zeros(2, 1, 2, 2))]
    assert float(losses.fooling(zero)) == pytest.approx(math.log(2))
    # eq. (6): the real term twice, once for each of the two fakes
    assert float(losses.judging(zero, [zero, zero])) == pytest.approx(4 * math.log(2))


def test_a_right_discriminator_pays_less_and_a_fooled_one_more():
    sure = [judgement(torch.full((1, 1, 2, 2), 5.0))]
    doubt = [judgement(torch.full((1, 1, 2, 2), -5.0))]
    assert losses.judging(sure, [doubt]) < losses.judging(doubt, [sure])
    assert losses.fooling(sure) < losses.fooling(doubt)


def test_weights_silence_the_empty_background():
    logits = torch.tensor([[[[9.0, -9.0]]]])
    heard = Judgement(logits, torch.tensor([[[[1.0, 0.0]]]]), [])
    assert float(losses.fooling([heard])) == pytest.approx(math.log1p(math.exp(-9)), rel=1e-3)


def test_reconstruction_weighs_small_and_large_contents_alike():
    for side in (2, 10):
        image = torch.zeros(1, 2, 16, 16)
        image[:, 1, :side, :side] = 1
        made = image.clone()
        made[:, 0, :side, :side] += 0.5
        assert float(losses.reconstruction(image, made)) == pytest.approx(0.25)


def test_latent_is_mean_absolute():
    assert float(losses.latent(torch.zeros(2, 4), torch.full((2, 4), -3.0))) == 3.0


def test_feature_matching_moves_the_fake_only():
    real = torch.ones(1, 1, 2, 2, requires_grad=True)
    fake = torch.zeros(1, 1, 2, 2, requires_grad=True)
    loss = losses.feature_matching([judgement(real, [real])], [judgement(fake, [fake])])
    loss.backward()
    assert float(loss.detach()) == 1.0
    assert real.grad is None
    assert fake.grad is not None


class Linear(nn.Module):
    """D(x) = a * sum(x): the gradient is a everywhere, its norm a * sqrt(n)."""

    def __init__(self, slope):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, image, one_hot):
        return [judgement((self.slope * image.sum(dim=(1, 2, 3))).view(-1, 1, 1, 1))]


def test_gradient_penalty_of_a_linear_discriminator():
    net = Linear(0.25)
    real, fake = torch.rand(3, 2, 4, 4), torch.rand(3, 2, 4, 4)
    mix = torch.rand(3, 1, 1, 1)
    value = losses.gradient_penalty(net, real, fake, torch.eye(3), mix)
    expected = (0.25 * math.sqrt(32) - 1) ** 2
    assert float(value.detach()) == pytest.approx(expected, rel=1e-5)
    value.backward()
    assert float(net.slope.grad) == pytest.approx(2 * (0.25 * 32**0.5 - 1) * 32**0.5, rel=1e-4)


def test_r1_of_a_linear_discriminator():
    net = Linear(0.25)
    value = losses.r1(net, torch.rand(3, 2, 4, 4), torch.eye(3))
    assert float(value.detach()) == pytest.approx(0.25**2 * 32, rel=1e-5)
    value.backward()
    assert float(net.slope.grad) == pytest.approx(2 * 0.25 * 32, rel=1e-4)


def half_covered(side=16):
    image = torch.zeros(1, 2, side, side)
    image[:, 1, :, : side // 2] = 1
    return image


def test_coarse_reconstruction_sees_means_over_content_only():
    image = half_covered()
    made = image.clone()
    made[:, 0, ::2] += 0.3
    made[:, 0, 1::2] -= 0.1
    made[:, 0, :, 8:] = 99.0  # outside the content
    assert float(losses.coarse_reconstruction(image, made, 4)) == pytest.approx(0.1, abs=1e-6)
    assert float(losses.coarse_reconstruction(image, made, 1)) == pytest.approx(0.2, abs=1e-6)


def test_texture_forgives_a_shift_and_not_a_blur():
    torch.manual_seed(0)
    image = torch.cat([torch.randn(1, 1, 32, 32), torch.ones(1, 1, 32, 32)], dim=1)
    shifted = image.roll(3, dims=2)
    smooth = image.clone()
    smooth[:, 0] = 0
    filters = losses.draw_filters(8, 1, 5, torch.Generator().manual_seed(0))
    every = torch.arange(32 * 32)[None]
    blur = float(losses.texture(image, smooth, filters, every))
    assert float(losses.texture(image, image, filters, every)) == 0
    assert float(losses.texture(image, shifted, filters, every)) < 0.1 * blur


def test_texture_is_the_mean_sliced_wasserstein_distance():
    torch.manual_seed(1)
    image, made = torch.rand(2, 2, 16, 16), torch.rand(2, 2, 16, 16)
    image[:, 1] = made[:, 1] = 1
    identity = torch.zeros(1, 1, 5, 5)
    identity[0, 0, 2, 2] = 1
    positions = torch.randint(256, (2, 40))
    expected = []
    for level in range(2):
        for one, other, where in zip(image, made, positions, strict=True):
            a, b = one[0], other[0]
            rows, columns = where // 16, where % 16
            if level:
                a, b = (x.view(8, 2, 8, 2).mean(dim=(1, 3)) for x in (a, b))
                rows, columns = rows // 2, columns // 2
            pair = (x[rows, columns].numpy() for x in (a, b))
            expected.append(wasserstein_distance(*pair))
    found = losses.texture(image, made, identity, positions)
    assert float(found) == pytest.approx(np.mean(expected), rel=1e-4)


def test_filters_have_zero_mean_and_unit_norm():
    filters = losses.draw_filters(6, 3, 5, torch.Generator().manual_seed(2))
    assert torch.allclose(filters.mean(dim=(1, 2, 3)), torch.zeros(6), atol=1e-6)
    assert torch.allclose(filters.flatten(1).norm(dim=1), torch.ones(6))


def test_a_class_that_leads_by_one_costs_nothing():
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.5, 1.0, 0.0], [0.0, 3.0, 1.0]])
    found = losses.class_margin(logits.requires_grad_(True), torch.tensor([0, 1, 2]))
    assert float(found.detach()) == pytest.approx((0 + 0.5 + 3) / 3)
    found.backward()
    assert not logits.grad[0].any()
    assert logits.grad[1].tolist() == pytest.approx([1 / 3, -1 / 3, 0])


def test_a_class_without_others_costs_nothing():
    logits = torch.zeros(3, 1, requires_grad=True)
    found = losses.class_margin(logits, torch.zeros(3, dtype=torch.long))
    found.backward()
    assert float(found.detach()) == 0
    assert not logits.grad.any()
