"""The residual generator of CycleGAN and StarGAN."""

import pytest
import torch

from defectstudio.networks.baselines.resnet import ResnetGenerator, with_planes


def blob(height=64, width=64, channels=3):
    torch.manual_seed(0)
    image = torch.full((1, channels + 1, height, width), -1.0)
    image[:, -1] = 0
    image[:, :-1, 10:40, 12:50] = torch.rand(1, channels, 30, 38)
    image[:, -1, 10:40, 12:50] = 1
    return image


@pytest.mark.parametrize(("height", "width"), [(64, 64), (80, 112)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_mask_is_filled_exactly(height, width, channels):
    image = blob(height, width, channels)
    torch.manual_seed(1)
    out = ResnetGenerator(channels, 0, 8, 1)(image, None, -1.0)
    inside = image[:, -1:] > 0
    assert out.shape == image.shape
    assert torch.equal(out[:, -1:], image[:, -1:])
    assert (out[:, :-1][~inside.expand_as(out[:, :-1])] == -1).all()
    assert out[:, :-1][inside.expand_as(out[:, :-1])].std() > 0


def test_surface_and_labels_change_the_content():
    torch.manual_seed(1)
    net, image, labels = ResnetGenerator(3, 2, 8, 1), blob(), torch.eye(2)[:1]
    base = net(image, labels, -1.0)
    assert torch.equal(base, net(image, labels, -1.0))
    assert not torch.allclose(base, net(image, labels.flip(1), -1.0))
    other = image.clone()
    other[:, 0, 20:30, 20:30] = 0.9
    assert not torch.allclose(base, net(other, labels, -1.0))


def test_labels_are_constant_planes():
    out = with_planes(torch.zeros(2, 3, 4, 5), torch.eye(2))
    assert out.shape == (2, 5, 4, 5)
    assert (out[0, 3] == 1).all() and (out[0, 4] == 0).all()
