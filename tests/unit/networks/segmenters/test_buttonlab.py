"""Buttonlab: strides of its parts, and crops (SPEC section 5)."""

import pytest
import torch

from defectstudio.domain.segmenters import SegmenterConfig
from defectstudio.imaging.masks import Box
from defectstudio.networks.segmenters.registry import make_segmenter


@pytest.fixture(scope="module")
def net():
    config = SegmenterConfig(arch="buttonlab", encoder="resnet18", width=16, pretrained=False)
    return make_segmenter(config, 3)[0].eval()


def seen(net, image, crop=None):
    """Shapes of what its parts give."""
    shapes, hooks = {}, []
    for name in ("low", "branch", "branch_out", "at_quarter", "at_half"):
        part = getattr(net, name)
        hooks.append(
            part.register_forward_hook(
                lambda _, __, made, name=name: shapes.update({name: tuple(made.shape[1:])})
            )
        )
    with torch.no_grad():
        logits = net(image, crop)
    for hook in hooks:
        hook.remove()
    return shapes, logits


def test_the_crop_of_everything_is_the_test_path(net):
    image = torch.rand(1, 3, 96, 64)
    with torch.no_grad():
        assert torch.equal(net(image), net(image, Box(0, 0, 96, 64)))


def test_parts_have_the_strides_of_the_paper(net):
    shapes, logits = seen(net, torch.rand(1, 3, 96, 64))
    assert shapes == {
        "low": (48, 24, 16), "branch": (64, 48, 32), "branch_out": (48, 48, 32),
        "at_quarter": (16, 24, 16), "at_half": (16, 48, 32),
    }  # fmt: skip
    assert logits.shape == (1, 3, 96, 64)


def test_the_backbone_sees_the_image_and_the_branch_the_crop(net):
    crop = Box(32, 16, 48, 32)
    shapes, logits = seen(net, torch.rand(1, 3, 96, 64), crop)
    assert shapes["low"] == (48, 24, 16) and shapes["branch"] == (64, 24, 16)
    assert shapes["at_quarter"] == (16, 12, 8) and logits.shape == (1, 3, 48, 32)


def test_a_crop_is_the_part_of_the_whole_where_no_border_reaches(net):
    """Convolutions of the decoder and the branch reach 40 px at most."""
    image = torch.rand(1, 3, 192, 192, generator=torch.Generator().manual_seed(0))
    crop = Box(32, 32, 128, 128)
    with torch.no_grad():
        whole, part = net(image), net(image, crop)
    inner = slice(48, 80)
    assert torch.allclose(part[..., inner, inner], whole[..., 80:112, 80:112], atol=1e-4)
    assert not torch.allclose(part, whole[..., 32:160, 32:160], atol=1e-4)
