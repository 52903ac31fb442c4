"""The default network, loaded once, and a VGG-16 file with random weights."""

import pytest


@pytest.fixture(scope="session")
def lite():
    import torch

    from defectstudio.networks.features.registry import load_features

    return load_features("efficientnet-lite0", torch.device("cpu"))


@pytest.fixture(scope="session")
def vgg16_file(tmp_path_factory):
    """Half-precision convolutions of an untrained VGG-16, as vgg16-hed wants them."""
    import torch
    from torchvision.models import vgg16

    from defectstudio.networks.weights import save_tensors

    torch.manual_seed(0)
    with torch.device("meta"):
        shapes = vgg16(weights=None).features.state_dict()
    scale = {name: 1.4 / max(1, tensor[0].numel()) ** 0.5 for name, tensor in shapes.items()}
    tensors = {
        f"features.{name}": (torch.randn(tensor.shape) * scale[name] * (tensor.ndim > 1)).half()
        for name, tensor in shapes.items()
    }
    path = tmp_path_factory.mktemp("weights") / "vgg.safetensors"
    save_tensors(path, tensors)
    return path
