"""VGG: the maps are torchvision's, and none changes after it was handed out."""

import pytest
import torch
from torchvision.models import vgg16

from defectstudio.networks.features import vgg
from defectstudio.networks.weights import load_tensors


def test_maps_are_those_of_torchvision(vgg16_file):
    tensors = {name: tensor.float() for name, tensor in load_tensors(vgg16_file).items()}
    reference = vgg16(weights=None).features.eval()
    reference.load_state_dict({n.removeprefix("features."): t for n, t in tensors.items()})
    x = torch.randn(1, 3, 32, 32)
    maps, top = vgg.build("vgg16", tensors)(x)
    for number, found in zip(vgg.LAYERS["vgg16"], maps, strict=True):
        assert torch.allclose(found, reference[: number + 1](x), atol=1e-5)
    assert top is maps[-1]


@pytest.mark.parametrize(("kind", "last"), [("vgg16", 29), ("vgg19", 35)])
def test_the_layers_are_the_last_relus_of_the_blocks(kind, last):
    with torch.device("meta"):
        features = getattr(__import__("torchvision.models", fromlist=[kind]), kind)().features
    layers = vgg.LAYERS[kind]
    assert layers[-1] == last
    for layer in layers:
        assert isinstance(features[layer], torch.nn.ReLU)
        assert isinstance(features[layer + 1], torch.nn.MaxPool2d)


def test_other_tensors_do_not_fit(vgg16_file):
    with pytest.raises(RuntimeError):
        vgg.build("vgg19", load_tensors(vgg16_file))
