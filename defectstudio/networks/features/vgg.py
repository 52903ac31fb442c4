"""VGG-16 and VGG-19 without their classifiers, from torchvision or from a half-precision file.

Simonyan & Zisserman, Very deep convolutional networks, 2015. The maps are those that LPIPS reads
(Zhang et al. 2018): after the last ReLU of every block, relu1_2 to relu5_3 (VGG-19: relu5_4).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
LAYERS = {"vgg16": (3, 8, 15, 22, 29), "vgg19": (3, 8, 17, 26, 35)}
"""The last ReLU of every block in torchvision's `features`."""


def url(kind: str) -> str:
    """Where torchvision's weights of "vgg16" or "vgg19" are fetched from."""
    from torchvision.models import get_model_weights

    return str(get_model_weights(kind)["IMAGENET1K_V1"].url)


class Vgg(nn.Module):
    """The convolutions of a torchvision VGG, and the maps of its five blocks."""

    def __init__(self, features: nn.Sequential, layers: tuple[int, ...]) -> None:
        super().__init__()
        self.features, self.layers = features, layers

    def forward(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """x (N, 3, H, W), normalised -> the maps of the five blocks, and again the last one."""
        maps = []
        for number, layer in enumerate(self.features[: self.layers[-1] + 1]):
            x = layer(x)
            if number in self.layers:
                maps.append(x)
        return maps, maps[-1]


def build(kind: str, tensors: Mapping[str, Tensor]) -> Vgg:
    """kind "vgg16" or "vgg19"; tensors under torchvision's names (`features.0.weight` ...), of any
    float type; the classifier's are left out. Raises RuntimeError when they do not fit."""
    # Here, because importing torchvision takes a worker as long as importing torch.
    from torchvision.models import get_model

    with torch.device("meta"):
        features = get_model(kind, weights=None).features
    prefix = "features."
    own = {n.removeprefix(prefix): t.float() for n, t in tensors.items() if n.startswith(prefix)}
    features.load_state_dict(own, assign=True)
    for layer in features:
        if isinstance(layer, nn.ReLU):
            layer.inplace = False  # a map that was handed out must not change
    return Vgg(features, LAYERS[kind]).eval()
