"""The networks of DCDGANc: shapes, what carries class and layout, what a mask guarantees."""

import pytest
import torch

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.networks.dcdganc.encoder import reparameterize
from defectstudio.networks.dcdganc.generator import draw_noise
from defectstudio.networks.dcdganc.model import (
    KEY,
    Inputs,
    build_discriminator,
    build_encoder,
    build_generator,
    canvas_side,
)
from defectstudio.networks.dcdganc.od_spade import OdSpade, pixel_norm
from defectstudio.networks.dcdganc.source import class_values, constant_map, mask_map

TINY = {"width_g": 8, "width_d": 8, "width_e": 8, "nz": 4}


def run(config, channels, classes, mask, seed=0, cls=0):
    torch.manual_seed(1)
    net = build_generator(config, channels, len(classes))
    inputs = Inputs(classes, mask_source=config.source == "mask")
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(len(mask), config.nz, generator=rng)
    index = torch.full((len(mask),), cls)
    noise = draw_noise(net.noise_shapes(*mask.shape[2:]), len(mask), rng)
    code = torch.cat([inputs.one_hot(index), z], dim=1)
    with torch.no_grad():
        return net(inputs.source(index, mask), code, noise, KEY)


def blob(height, width):
    mask = torch.zeros(1, 1, height, width)
    mask[:, :, height // 4 : height // 2, width // 4 : width // 2 + 3] = 1
    return mask


def test_class_values_follow_equation_1():
    assert class_values([7, 3, 9, 4]) == {7: -0.5, 3: 0.0, 9: 0.5, 4: 1.0}


def test_source_maps():
    values = torch.tensor([0.5])
    mask = blob(16, 16)
    planes = mask_map(values, mask)
    assert torch.equal(planes[:, 1:], mask)
    assert torch.equal(planes[:, 0], torch.where(mask[:, 0] > 0, 0.5, -1.0))
    assert constant_map(values, 4, 6).shape == (1, 1, 4, 6)
    assert (constant_map(values, 4, 6) == 0.5).all()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (64, 256), (112, 80)])
@pytest.mark.parametrize("channels", [1, 3])
def test_mask_source_fills_the_mask_and_nothing_else(height, width, channels):
    mask = blob(height, width)
    out = run(DcdgancConfig(**TINY), channels, [1, 2], mask)
    assert out.shape == (1, channels + 1, height, width)
    assert torch.equal(out[:, -1:], mask)
    assert (out[:, :-1][:, :, mask[0, 0] == 0] == KEY).all()
    inside = out[:, :-1][:, :, mask[0, 0] == 1]
    assert inside.abs().max() <= 1
    assert inside.std() > 0


def test_constant_source_makes_its_own_alpha():
    out = run(DcdgancConfig(source="constant", **TINY), 3, [1, 2], torch.ones(2, 1, 64, 64))
    alpha = out[:, -1:]
    assert out.shape == (2, 4, 64, 64)
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert alpha.std() > 0
    # content is composed on the key: where alpha vanishes nothing but the key is left
    bound = 2 * alpha + KEY
    assert (out[:, :-1] <= bound + 1e-5).all()


@pytest.mark.parametrize("kind", ["dcdganc", "adain", "instancenorm"])
@pytest.mark.parametrize("source", ["mask", "constant"])
def test_class_style_and_noise_all_change_the_content(source, kind):
    config = DcdgancConfig(kind=kind, source=source, **TINY)
    mask = blob(64, 64) if source == "mask" else torch.ones(1, 1, 64, 64)
    base = run(config, 1, [1, 2, 3], mask)
    assert torch.equal(base, run(config, 1, [1, 2, 3], mask))
    assert not torch.equal(base, run(config, 1, [1, 2, 3], mask, seed=1))
    assert not torch.equal(base, run(config, 1, [1, 2, 3], mask, cls=1))


def test_od_spade_gives_layout_to_a_constant_map():
    torch.manual_seed(0)
    layer = OdSpade(8, 6, 0)
    layer.flatten()
    flat = layer(torch.ones(1, 8, 32, 32), torch.randn(1, 6), None)
    assert torch.allclose(flat[..., 2:-2, 2:-2].std(dim=(2, 3)), torch.zeros(1, 8), atol=1e-6)
    with torch.no_grad():
        layer.style.weight += 0.1 * torch.randn_like(layer.style.weight)
    out = layer(torch.ones(1, 8, 32, 32), torch.randn(1, 6), None)
    assert out.std(dim=(2, 3)).max() > 0


def test_pixel_norm_has_unit_mean_square_over_channels():
    x = pixel_norm(torch.randn(2, 16, 5, 5) * 7)
    assert torch.allclose(x.square().mean(dim=1), torch.ones(2, 5, 5), atol=1e-4)


def test_encoder_reads_colour_and_logs_the_variance():
    torch.manual_seed(0)
    encoder = build_encoder(DcdgancConfig(**TINY), 3)
    image = torch.cat([torch.zeros(1, 3, 64, 64), torch.ones(1, 1, 64, 64)], dim=1)
    mu, log_variance = encoder(image)
    assert mu.shape == log_variance.shape == (1, 4)
    brighter = image.clone()
    brighter[:, 0] = 0.8
    assert not torch.allclose(mu, encoder(brighter)[0])
    normal = torch.randn(200_000, 1)
    z = reparameterize(
        torch.tensor([[1.0]]), torch.tensor([[torch.log(torch.tensor(4.0))]]), normal
    )
    assert float(z.std()) == pytest.approx(2.0, rel=0.02)
    assert float(z.mean()) == pytest.approx(1.0, abs=0.02)


def test_discriminator_judges_at_two_scales_and_depends_on_the_class():
    torch.manual_seed(0)
    net = build_discriminator(DcdgancConfig(**TINY), 3, 2)
    image = torch.randn(2, 4, 64, 64).clamp(-1, 1)
    image[:, -1] = blob(64, 64)[0]
    one = net(image, torch.eye(2))
    other = net(image, torch.eye(2).flip(0))
    assert [tuple(j.logits.shape) for j in one] == [(2, 1, 8, 8), (2, 1, 4, 4)]
    assert not torch.allclose(one[0].logits, other[0].logits)
    weights = one[0].weights[0, 0]
    assert weights[3, 3] > 1
    assert weights[7, 7] == pytest.approx(0.01)


def test_weights_keep_the_variance_through_the_encoder():
    """Activations of the deepest layer are of the order of the first layer's."""
    torch.manual_seed(0)
    encoder = build_encoder(DcdgancConfig(width_e=32), 3)
    x = torch.randn(4, 4, 64, 64)
    sizes = []
    for conv in encoder.convs:
        x = torch.nn.functional.leaky_relu(conv(x), 0.2)
        sizes.append(float(x.detach().std()))
    assert 0.3 < sizes[-1] / sizes[0] < 3


def test_the_discriminator_sees_faint_detail():
    """A texture of 1 % of the range changes the logits more than a step of the same size."""
    torch.manual_seed(0)
    net = build_discriminator(DcdgancConfig(**TINY), 1, 2)
    flat = torch.zeros(1, 2, 64, 64)
    flat[:, 1] = 1
    step, texture = flat.clone(), flat.clone()
    step[:, 0] += 0.02
    texture[:, 0] += 0.02 * torch.sign(torch.randn(64, 64))
    one_hot = torch.eye(2)[:1]
    base, *moved = (net(x, one_hot)[0].logits for x in (flat, step, texture))
    assert (moved[1] - base).std() > 2 * (moved[0] - base).std()


@pytest.mark.parametrize(("length", "side"), [(1, 16), (16, 16), (17, 32), (100, 112)])
def test_canvas_side(length, side):
    assert canvas_side(length) == side
