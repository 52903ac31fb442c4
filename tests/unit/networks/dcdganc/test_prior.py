"""What styles are drawn from."""

import pytest
import torch

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.networks.dcdganc.model import build_generator, pack, unpack
from defectstudio.networks.dcdganc.prior import RunningPrior, aggregated, standard


def test_the_standard_prior_is_the_identity():
    normal = torch.randn(4)
    assert torch.equal(standard(3, 4).style(2, normal), normal)


def test_the_aggregated_posterior_has_its_moments():
    """Against samples of the mixture itself."""
    rng = torch.Generator().manual_seed(0)
    mu = torch.randn(30, 3, generator=rng) * torch.tensor([2.0, 0.5, 0.1]) + 1
    log_variance = torch.randn(30, 3, generator=rng) * 0.3 - 1
    pick = torch.randint(30, (400_000,), generator=rng)
    noise = torch.randn(400_000, 3, generator=rng)
    mixture = mu[pick] + (0.5 * log_variance[pick]).exp() * noise
    prior = aggregated([torch.zeros(1, 3), mu], [torch.zeros(1, 3), log_variance])
    drawn = prior.mean[1] + noise @ prior.factor[1].T
    assert torch.allclose(drawn.mean(dim=0), mixture.mean(dim=0), atol=0.02)
    assert torch.allclose(torch.cov(drawn.T), torch.cov(mixture.T), rtol=0.03, atol=0.01)


def test_a_class_with_a_single_content_still_has_styles():
    prior = aggregated([torch.ones(1, 2)], [torch.full((1, 2), -4.0)])
    assert prior.style(0, torch.zeros(2)).tolist() == [1.0, 1.0]
    assert torch.isfinite(prior.factor).all()


def test_pack_and_unpack():
    config = DcdgancConfig(width_g=8, nz=4)
    net, other = (build_generator(config, 1, 2) for _ in range(2))
    tensors = pack(net, standard(2, 4))
    prior = unpack(other, tensors)
    assert torch.equal(prior.factor, standard(2, 4).factor)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))
    halved = unpack(other, {name: value.half() for name, value in tensors.items()})
    assert halved.mean.dtype == halved.factor.dtype == torch.float32
    del tensors["prior.mean"]
    with pytest.raises(RuntimeError, match="prior"):
        unpack(other, tensors)


def test_the_running_prior_follows_the_posterior_of_its_class():
    rng = torch.Generator().manual_seed(0)
    prior = RunningPrior(2, 2)
    cls = torch.ones(8, dtype=torch.long)
    for _ in range(600):
        mu = torch.tensor([2.0, -1.0]) + 0.5 * torch.randn(8, 1, generator=rng)
        prior.update(cls, mu, torch.full((8, 2), -4.0))
    normal = torch.randn(100_000, 2, generator=rng)
    z = prior.draw(torch.ones(100_000, dtype=torch.long), normal)
    expected = 0.25 * torch.ones(2, 2) + torch.exp(torch.tensor(-4.0)) * torch.eye(2)
    assert torch.allclose(z.mean(dim=0), torch.tensor([2.0, -1.0]), atol=0.1)
    assert torch.allclose(torch.cov(z.T), expected, atol=0.06)
    # the class without a batch still has the paper's prior
    untouched = prior.draw(torch.zeros(4, dtype=torch.long), normal[:4])
    assert torch.allclose(untouched, normal[:4], rtol=1e-2)
