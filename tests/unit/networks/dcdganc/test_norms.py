"""The norms that P1 compares OD-SPADE with."""

import pytest
import torch

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.networks.dcdganc.model import build_generator
from defectstudio.networks.dcdganc.norms import AdaIn, CodeMap, InstanceNorm


def test_adain_is_a_scale_and_a_shift_a_channel():
    torch.manual_seed(0)
    layer, code = AdaIn(3, 5, 0), torch.randn(2, 5)
    out = layer(torch.randn(2, 3, 8, 8) * 4 + 1, code, None)
    gamma, beta = layer.affine(code).chunk(2, dim=1)
    assert torch.allclose(out.mean(dim=(2, 3)), beta, atol=1e-4)
    assert torch.allclose(out.std(dim=(2, 3), correction=0), (1 + gamma).abs(), atol=1e-3)


def test_adain_gives_no_layout_to_a_constant_map():
    out = AdaIn(3, 5, 0)(torch.ones(1, 3, 8, 8), torch.randn(1, 5), None)
    assert out.std(dim=(2, 3)).max() < 1e-5


def test_instance_norm_knows_neither_code_nor_source():
    layer, x = InstanceNorm(3, 5, 0), torch.randn(2, 3, 8, 8)
    out = layer(x, torch.randn(2, 5), None)
    assert torch.equal(out, layer(x, torch.randn(2, 5), None))
    assert torch.allclose(out.mean(dim=(2, 3)), torch.zeros(2, 3), atol=1e-5)


def test_the_code_map_is_spatial_and_joined_to_the_source():
    torch.manual_seed(0)
    out = CodeMap(6)(torch.ones(2, 1, 4, 8), torch.randn(2, 6))
    assert out.shape == (2, 9, 4, 8)
    assert (out[:, 0] == 1).all()
    assert out[:, 1:].std(dim=(2, 3)).min() > 0


@pytest.mark.parametrize("source", ["mask", "constant"])
def test_the_ablations_are_smaller_and_only_instance_norm_maps_the_code(source):
    sizes = {}
    for kind in ("dcdganc", "adain", "instancenorm"):
        net = build_generator(DcdgancConfig(kind=kind, source=source), 3, 4)
        sizes[kind] = sum(p.numel() for p in net.parameters())
        assert (net.code_map is not None) is (kind == "instancenorm")
    assert max(sizes["adain"], sizes["instancenorm"]) < sizes["dcdganc"]
