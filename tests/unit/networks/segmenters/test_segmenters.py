"""Segmenters of every architecture and encoder: shapes, weights, what makes them equal."""

import pytest
import torch

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.segmenters import SEGMENTER_PRESETS, SegmenterConfig
from defectstudio.networks.features.registry import load_features
from defectstudio.networks.segmenters.encoders import CHANNELS, STRIDES, make_encoder
from defectstudio.networks.segmenters.registry import SEGMENTERS, make_segmenter
from defectstudio.networks.weights import save_tensors


@pytest.mark.parametrize("arch", SEGMENTERS)
@pytest.mark.parametrize("encoder", ["efficientnet-lite0", "resnet18"])
def test_logits_are_as_large_as_the_image_and_everything_learns(arch, encoder):
    config = SegmenterConfig(arch=arch, encoder=encoder, width=8, pretrained=False)
    net, source = make_segmenter(config, 2)
    assert source == f"{encoder}, from scratch"
    logits = net(torch.rand(2, 1, 64, 96))
    assert logits.shape == (2, 2, 64, 96)
    logits.square().mean().backward()
    silent = {n for n, p in net.named_parameters() if p.grad is None}
    # Of the encoder alone: maps that the architecture does not ask for.
    assert all(name.startswith("encoder.net.") for name in silent)


@torch.no_grad()
@pytest.mark.parametrize("name", ["efficientnet-lite0", "resnet18", "resnet50"])
def test_maps_have_the_strides_and_channels_that_are_said(name):
    encoder, _ = make_encoder(name, pretrained=False, weights="")
    maps = encoder(torch.rand(1, 3, 64, 64))
    assert [64 // x.shape[2] for x in maps] == list(STRIDES)
    assert tuple(x.shape[1] for x in maps) == CHANNELS[name] == encoder.channels


@torch.no_grad()
def test_the_pretrained_encoder_sees_what_the_feature_network_sees():
    encoder, source = make_encoder("efficientnet-lite0", pretrained=True, weights="")
    known = load_features("efficientnet-lite0", torch.device("cpu"))
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    maps, _ = known.net((image - known.mean[0]) / known.std[0])
    own = encoder.eval()(image)
    assert source == "efficientnet-lite0, ImageNet"
    assert all(torch.allclose(a, b, atol=1e-3) for a, b in zip(own, maps, strict=True))


def test_the_same_seed_gives_the_same_weights():
    config = SegmenterConfig(width=8, pretrained=False, seed=4)
    one, other = (make_segmenter(config, 1)[0].state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_weights_of_a_file_are_taken_and_named_and_others_refused(tmp_path):
    made, _ = make_encoder("resnet18", pretrained=False, weights="")
    file = tmp_path / "mine.safetensors"
    save_tensors(file, made.net.state_dict())
    again, source = make_encoder("resnet18", pretrained=False, weights=str(file))
    assert source == "resnet18, mine.safetensors"
    assert torch.equal(again.net.stem[0].weight, made.net.stem[0].weight)
    with pytest.raises(CheckpointError, match="does not hold the weights of resnet34"):
        make_encoder("resnet34", pretrained=False, weights=str(file))


def test_presets_are_configurations():
    assert SegmenterConfig(**SEGMENTER_PRESETS["buttonlab"]).arch == "buttonlab"
    assert SegmenterConfig(**SEGMENTER_PRESETS["recommended"]) == SegmenterConfig()
