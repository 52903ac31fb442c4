"""The networks of one DCDGANc, built from its configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.networks.dcdganc.discriminator import Discriminator
from defectstudio.networks.dcdganc.encoder import Encoder
from defectstudio.networks.dcdganc.generator import STRIDE, Generator
from defectstudio.networks.dcdganc.prior import Prior
from defectstudio.networks.dcdganc.source import class_values, constant_map, mask_map

KEY = -1.0
"""The constant background of a content, in [-1, 1]: black."""


def canvas_side(length: int) -> int:
    """The smallest multiple of the generator's stride that holds `length`."""
    return -(-length // STRIDE) * STRIDE


def build_generator(config: DcdgancConfig, channels: int, classes: int) -> Generator:
    """G for images of `channels` and `classes` classes."""
    code = classes + config.nz
    mask_source = config.source == "mask"
    return Generator(channels, code, config.width_g, mask_source=mask_source, norm=config.kind)


def build_encoder(config: DcdgancConfig, channels: int) -> Encoder:
    """E for images of `channels`."""
    return Encoder(channels, config.width_e, config.nz)


def build_discriminator(config: DcdgancConfig, channels: int, classes: int) -> Discriminator:
    """D for images of `channels` and `classes` classes."""
    return Discriminator(channels, classes, config.width_d, config.scales)


def pack(net: Generator, prior: Prior) -> dict[str, Tensor]:
    """The tensors of `generator.safetensors`: the network's under `net.`, and the prior's."""
    tensors = {f"net.{name}": value for name, value in net.state_dict().items()}
    return {**tensors, "prior.mean": prior.mean, "prior.factor": prior.factor}


def unpack(net: Generator, tensors: Mapping[str, Tensor]) -> Prior:
    """Load `pack`ed tensors of any precision; raises RuntimeError where they do not fit."""
    own = {name[4:]: value for name, value in tensors.items() if name.startswith("net.")}
    net.load_state_dict(own)
    if "prior.mean" not in tensors or "prior.factor" not in tensors:
        raise RuntimeError("the prior is missing")
    return Prior(tensors["prior.mean"].float(), tensors["prior.factor"].float())


class Inputs:
    """Makes the generator's inputs from class indices, for the classes of one model."""

    def __init__(self, class_ids: Sequence[int], *, mask_source: bool) -> None:
        self.values = torch.tensor(list(class_values(class_ids).values()))
        self.eye = torch.eye(len(class_ids))
        self.mask_source = mask_source

    def one_hot(self, index: Tensor) -> Tensor:
        """index (B,) int64 -> (B, N)."""
        return self.eye.to(index.device)[index]

    def source(self, index: Tensor, mask: Tensor) -> Tensor:
        """index (B,), mask (B, 1, H, W) -> the source map; the constant source ignores the mask."""
        values = self.values.to(index.device)[index]
        if self.mask_source:
            return mask_map(values, mask)
        return constant_map(values, mask.shape[2], mask.shape[3])
