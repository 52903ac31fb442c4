"""Layers by name, against the networks' own maps."""

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import SettingError
from defectstudio.networks.features.layers import IMAGE, STRIDES, Layers, named, usual
from defectstudio.networks.features.registry import load_features


def normalised(network, image):
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (network.mean, network.std))
    return (image - mean) / std


@torch.no_grad()
def test_layers_of_vgg_are_those_that_its_blocks_end_with(vgg16_file):
    network = load_features("vgg16-hed", torch.device("cpu"), weights=vgg16_file)
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    names = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
    found = Layers(network, names)(image)
    maps, _ = network.net(normalised(network, image))
    assert list(found) == list(names)
    assert all(torch.allclose(found[n], m, atol=1e-5) for n, m in zip(names, maps, strict=True))
    first = Layers(network, ("relu1_1",))(image)["relu1_1"]
    by_hand = network.net.features[:2](normalised(network, image))
    assert torch.allclose(first, by_hand, atol=1e-5)
    assert usual(network).hist == ("image", *usual(network).style)


@torch.no_grad()
def test_layers_of_others_are_named_by_their_stride(lite):
    image = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    found = Layers(lite, usual(lite).style)(image)
    assert [64 // x.shape[2] for x in found.values()] == [2, 4, 8, 16]
    maps, _ = lite.net(normalised(lite, image.expand(-1, 3, -1, -1)))
    assert torch.allclose(found["stride8"], maps[2], atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("name", ["vgg16-hed", "efficientnet-lite0"])
def test_the_image_is_layer_0_of_every_network(name, vgg16_file):
    weights = vgg16_file if name == "vgg16-hed" else None
    network = load_features(name, torch.device("cpu"), weights=weights)
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    found = Layers(network, (IMAGE,))(image)[IMAGE]
    grey = (image.sum(dim=1) / 3**0.5).numpy()
    assert np.allclose(found[:, 0].numpy(), grey, atol=1e-6)
    of_grey = Layers(network, (IMAGE,))(image[:, :1])[IMAGE]
    assert of_grey[:, 1:].abs().max() < 1e-6 < found[:, 1:].std()
    both = IMAGE, usual(network).style[0]
    assert tuple(Layers(network, both)(image)) == both


def test_names_are_read_and_unknown_ones_named(lite):
    assert named(lite, "", ("stride4",)) == ("stride4",)
    assert named(lite, "stride2, stride8", ()) == ("stride2", "stride8")
    with pytest.raises(SettingError, match=", ".join(STRIDES)):
        named(lite, "relu1_1", ())
