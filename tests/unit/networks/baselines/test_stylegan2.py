"""StyleGAN2: modulation, shapes, what carries class, style and noise."""

import pytest
import torch
from torch.nn import functional

from defectstudio.domain.generators import StyleGan2Config
from defectstudio.networks.baselines.stylegan2 import (
    Discriminator,
    EqualLinear,
    Generator,
    ModulatedConv,
)
from defectstudio.networks.dcdganc.generator import draw_noise

CONFIG = StyleGan2Config(width_g=8, width_d=8, nz=4, mapping=2, width=96)


def test_modulation_is_that_of_the_weights():
    """Karras et al. 2020, eqs. 1 and 3, one image at a time with its own weights."""
    torch.manual_seed(0)
    layer = ModulatedConv(3, 5, 3, 4, demodulate=True)
    x, w = torch.randn(2, 3, 6, 6), torch.randn(2, 4)
    out = layer(x, w)
    for n, style in enumerate(layer.style(w)):
        weight = layer.conv.weight * layer.conv.scale * style.view(1, -1, 1, 1)
        weight = weight * torch.rsqrt(weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8)
        expected = functional.conv2d(x[n : n + 1], weight, padding=1)
        assert torch.allclose(out[n : n + 1], expected, atol=1e-5)


def test_an_equalized_layer_starts_with_unit_gain():
    torch.manual_seed(0)
    for rate in (1.0, 0.01):
        layer = EqualLinear(256, 512, rate=rate, bias=1.0)
        out = layer(torch.randn(64, 256)).detach()
        assert float(out.std()) == pytest.approx(1.0, rel=0.1)
        assert float(out.mean()) == pytest.approx(1.0, abs=0.1)


def run(seed=0, cls=0, noise_seed=0):
    torch.manual_seed(1)
    net = Generator(CONFIG, 3, 2)
    for layer in (net.first, *net.doubling, *net.second):
        torch.nn.init.constant_(layer.noise_gain, 0.5)
    z = torch.randn(1, 4, generator=torch.Generator().manual_seed(seed))
    rng = torch.Generator().manual_seed(noise_seed)
    noise = draw_noise(net.noise_shapes(), 1, rng)
    with torch.no_grad():
        return net(z, torch.eye(2)[cls : cls + 1], noise, -1.0)


def test_content_is_composed_on_the_key_by_its_alpha():
    out = run()
    alpha = out[:, -1:]
    assert out.shape == (1, 4, 64, 96)
    assert alpha.min() >= 0 and alpha.max() <= 1 and alpha.std() > 0
    assert (out[:, :-1] <= 2 * alpha - 1 + 1e-5).all()


def test_class_style_and_noise_all_change_the_content():
    base = run()
    assert torch.equal(base, run())
    for other in (run(seed=1), run(cls=1), run(noise_seed=1)):
        assert not torch.allclose(base, other)


def test_the_discriminator_depends_on_the_class_and_on_the_batch():
    torch.manual_seed(0)
    net, image = Discriminator(CONFIG, 3, 2), torch.randn(2, 4, 64, 96)
    logits = net(image, torch.eye(2))
    assert logits.shape == (2,)
    assert not torch.allclose(logits, net(image, torch.eye(2).flip(0)))
    twins = image[:1].expand(2, -1, -1, -1)
    assert not torch.allclose(logits[0], net(twins, torch.eye(2))[0])
