"""Encoders of segmenters: five maps of an image, at strides 2 to 32."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import resnet

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.segmenters import EncoderName
from defectstudio.networks.features import efficientnet_lite
from defectstudio.networks.features.registry import efficientnet_lite0_tensors
from defectstudio.networks.features.vgg import MEAN, STD
from defectstudio.networks.weights import load_tensors

STRIDES = (2, 4, 8, 16, 32)
CHANNELS: dict[EncoderName, tuple[int, ...]] = {
    "efficientnet-lite0": (16, 24, 40, 112, 320),
    "resnet18": (64, 64, 128, 256, 512),
    "resnet34": (64, 64, 128, 256, 512),
    "resnet50": (64, 256, 512, 1024, 2048),
}
"""Of the maps."""


class Encoder(nn.Module):
    """Normalises an image and looks at it. channels: of its maps."""

    mean: Tensor
    std: Tensor

    def __init__(self, name: EncoderName) -> None:
        super().__init__()
        self.channels = CHANNELS[name]
        lite = name == "efficientnet-lite0"
        self.net = efficientnet_lite.EfficientNetLite0() if lite else ResNetMaps(name)
        mean = (efficientnet_lite.MEAN,) * 3 if lite else MEAN
        std = (efficientnet_lite.STD,) * 3 if lite else STD
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """image (B, 1 or 3, H, W) in [0, 1], H and W multiples of 32 -> maps at STRIDES."""
        return self.net.maps(self.normalised(image))

    def normalised(self, image: Tensor) -> Tensor:
        """image (B, 1 or 3, H, W) in [0, 1] -> (B, 3, H, W) as the encoder was trained on."""
        return (image.expand(-1, 3, -1, -1) - self.mean) / self.std


class ResNetMaps(nn.Module):
    """torchvision's ResNet without its classifier."""

    def __init__(self, name: str) -> None:
        super().__init__()
        whole = getattr(resnet, name)(weights=None)
        self.stem = nn.Sequential(whole.conv1, whole.bn1, whole.relu)
        self.pool = whole.maxpool
        self.layers = nn.ModuleList([whole.layer1, whole.layer2, whole.layer3, whole.layer4])

    def maps(self, x: Tensor) -> list[Tensor]:
        """x (B, 3, H, W), normalised -> maps at STRIDES."""
        maps = [self.stem(x)]
        x = self.pool(maps[0])
        for layer in self.layers:
            x = layer(x)
            maps.append(x)
        return maps


def make_encoder(name: EncoderName, *, pretrained: bool, weights: str) -> tuple[Encoder, str]:
    """An encoder, and what a report says of where its weights come from.

    weights: a safetensors file of `Encoder.net`. Raises CheckpointError where it does not fit.
    """
    encoder = Encoder(name)
    if weights:
        try:
            encoder.net.load_state_dict(load_tensors(Path(weights)))
        except RuntimeError as error:
            raise CheckpointError(
                f"the file does not hold the weights of {name}",
                subject=weights,
                remedy="Name a safetensors file of this encoder, or leave it out.",
            ) from error
        return encoder, f"{name}, {Path(weights).name}"
    if pretrained and name == "efficientnet-lite0":
        tensors = efficientnet_lite.renamed(efficientnet_lite0_tensors())
        encoder.net.load_state_dict(tensors)
        return encoder, f"{name}, ImageNet"
    return encoder, f"{name}, from scratch"
