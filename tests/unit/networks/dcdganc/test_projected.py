"""The discriminator on the features of a network held still."""

import pytest
import torch

from defectstudio.domain.generators import PROJECTED_ON
from defectstudio.networks.dcdganc import losses
from defectstudio.networks.dcdganc.discriminator import Discriminator
from defectstudio.networks.dcdganc.projected import Judges, ProjectedDiscriminator
from defectstudio.networks.features.registry import load_features

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def features():
    return load_features(PROJECTED_ON, CPU)


@pytest.fixture
def net(features):
    torch.manual_seed(0)
    return ProjectedDiscriminator(features, 2, 8)


def images(channels=3, batch=2, seed=0):
    """Noise under a disc, black around it."""
    rng = torch.Generator().manual_seed(seed)
    rows, columns = torch.meshgrid(torch.arange(64) - 32, torch.arange(64) - 32, indexing="ij")
    alpha = ((rows**2 + columns**2) < 24**2).float().expand(batch, 1, 64, 64)
    content = torch.rand(batch, channels, 64, 64, generator=rng) * 2 - 1
    return torch.cat([content * alpha - (1 - alpha), alpha], dim=1)


def test_it_sees_the_network_s_maps_of_the_content_on_grey(net, features):
    image = images()
    alpha, *maps = net.look(image)
    on_grey = torch.where(image[:, 3:] > 0, (image[:, :3] + 1) / 2, torch.tensor(0.5))
    mean, std = (torch.tensor(own)[:, None, None] for own in (features.mean, features.std))
    expected, _ = features.net((on_grey - mean) / std)
    assert torch.equal(alpha, image[:, 3:])
    assert [m.shape[1] for m in maps] == [16, 24, 40, 112]
    assert [tuple(m.shape[2:]) for m in maps] == [(32, 32), (16, 16), (8, 8), (4, 4)]
    for found, known in zip(maps, expected, strict=False):
        torch.testing.assert_close(found, known / 6, rtol=1e-4, atol=1e-4)


def test_what_lies_outside_the_content_does_not_count(net):
    image = images()
    other = image.clone()
    other[:, :3][(image[:, 3:] == 0).expand(-1, 3, -1, -1)] = 0.7
    assert all(map(torch.equal, net.look(image), net.look(other)))


def test_grey_is_seen_as_grey_colour(net):
    grey = images(channels=1)
    colour = torch.cat([grey[:, :1].expand(-1, 3, -1, -1), grey[:, 1:]], dim=1)
    for one, other in zip(net.look(grey), net.look(colour), strict=True):
        torch.testing.assert_close(one, other)


def test_a_judgement_covers_the_content_and_knows_the_class(net):
    seen = net.look(images())
    first, second = (net(seen, torch.eye(2)[[n, n]]) for n in (0, 1))
    assert [tuple(j.logits.shape) for j in first] == [(2, 1, s, s) for s in (32, 16, 8, 4)]
    assert all(float(j.weights[0, 0, 0, 0]) == pytest.approx(0.01) for j in first[:3])
    assert all(float(j.weights.max()) == pytest.approx(1.01) for j in first)
    assert any(not torch.allclose(a.logits, b.logits) for a, b in zip(first, second, strict=True))


def test_classes_are_told_by_the_means_over_the_content(net):
    alpha, *maps = net.look(images())
    shares = [torch.nn.functional.adaptive_avg_pool2d(alpha, m.shape[2:]) for m in maps]
    means = [(m * s).sum((2, 3)) / s.sum((2, 3)) for m, s in zip(maps, shares, strict=True)]
    expected = torch.cat(means, dim=1) @ net.classes.weight.T + net.classes.bias
    torch.testing.assert_close(net.classify([alpha, *maps]), expected)


def test_only_the_heads_are_weights_and_the_image_gets_a_gradient(net, features):
    image = images().requires_grad_(True)
    losses.fooling(net(net.look(image), torch.eye(2))).backward()
    assert image.grad is not None
    assert float(image.grad.abs().sum()) > 0
    assert {name.split(".")[0] for name in net.state_dict()} == {"heads", "classes"}
    assert all(p.grad is None for p in features.net.parameters())


def test_the_heads_learn_to_tell_stripes_from_noise(net):
    stripes = images()
    stripes[:, :3] = torch.where(torch.arange(64) % 8 < 4, 0.8, -0.8) * stripes[:, 3:]
    real, fake = net.look(stripes), net.look(images(seed=1))
    one_hot = torch.eye(2)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        loss = losses.judging(net(real, one_hot), [net(fake, one_hot)])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        judged = list(zip(net(real, one_hot), net(fake, one_hot), strict=True))
    for right, wrong in judged:
        assert float(right.logits.mean()) > 0 > float(wrong.logits.mean())


def test_judges_are_one_or_two(net):
    patches, one_hot = Discriminator(3, 2, 8, 1), torch.eye(2)
    image = images()
    alone, both = Judges(patches, None), Judges(patches, net)
    assert [len(own) for own in alone(alone.look(image), one_hot)] == [1]
    assert [len(own) for own in both(both.look(image), one_hot)] == [1, 4]
