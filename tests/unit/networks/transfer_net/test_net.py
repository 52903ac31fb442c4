"""The transfer network: shapes, its beginning, its noise, its style code."""

import pytest
import torch

from defectstudio.networks.transfer_net.net import TransferNet


@pytest.mark.parametrize("channels", [1, 3])
def test_it_keeps_the_shape_and_begins_as_the_image(channels):
    torch.manual_seed(0)
    image = torch.rand(2, channels, 32, 48)
    grain = torch.randn(2, 1, 32, 48)
    assert torch.equal(TransferNet(channels, 8, 2)(image, grain), image)
    made = TransferNet(channels, 8, 2, residual=False)(image, grain)
    assert made.shape == image.shape and made.min() >= 0 and made.max() <= 1
    assert not torch.allclose(made, image, atol=0.05)


@torch.no_grad()
def test_the_grain_counts_where_there_is_noise():
    torch.manual_seed(0)
    image, grains = torch.rand(1, 3, 32, 32), torch.randn(2, 1, 1, 32, 32)
    for noise in (True, False):
        net = TransferNet(3, 8, 1, residual=False, noise=noise)
        one, other = (net(image, grain) for grain in grains)
        assert torch.equal(one, other) is not noise


def test_the_layers_are_those_of_figure_2():
    net = TransferNet(3, 32, 4, noise=False)
    convs = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
    found = [(c.in_channels, c.out_channels, c.kernel_size[0], c.stride[0]) for c in convs]
    assert found[:3] == [(3, 32, 9, 1), (32, 64, 3, 2), (64, 128, 3, 2)]
    assert found[3:11] == [(128, 128, 3, 1)] * 8
    assert found[11:] == [(128, 64, 3, 1), (128, 32, 3, 1), (64, 32, 3, 1), (32, 3, 3, 1)]
    assert all(c.padding_mode == "reflect" for c in convs)


def test_every_weight_learns_and_the_code_counts():
    torch.manual_seed(0)
    net = TransferNet(3, 8, 1, code=5, residual=False)
    image = torch.rand(2, 3, 16, 16)
    grain = torch.randn(2, 1, 16, 16)
    made = net(image, grain, torch.randn(2, 5))
    made.square().mean().backward()
    # a convolution's bias before an instance norm has no effect
    assert all(
        p.grad is not None and p.grad.abs().sum() > 0
        for name, p in net.named_parameters()
        if not name.endswith("conv.bias") or name.startswith("last")
    )
    with torch.no_grad():
        one, other = (net(image[:1], grain[:1], torch.full((1, 5), v)) for v in (1.0, -1.0))
    assert not torch.allclose(one, other, atol=1e-4)
