"""What is kept beside a generator to read and to judge contents: encoder and discriminator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.networks.dcdganc.discriminator import Discriminator
from defectstudio.networks.dcdganc.encoder import Encoder
from defectstudio.networks.dcdganc.model import build_discriminator, build_encoder

Net = TypeVar("Net", bound=nn.Module)

ENCODER, DISCRIMINATOR = "enc.", "dis."


def pack_companions(encoder: Encoder, discriminator: Discriminator) -> dict[str, Tensor]:
    """Their tensors for `generator.safetensors`, in half precision: they read, they do not draw."""
    pairs = ((ENCODER, encoder), (DISCRIMINATOR, discriminator))
    return {
        f"{prefix}{name}": value.half() if value.is_floating_point() else value
        for prefix, net in pairs
        for name, value in net.state_dict().items()
    }


class Companions:
    """encoder, discriminator: in float32, None where the weights are older than they.

    Raises RuntimeError where the tensors do not fit the configuration.
    """

    def __init__(
        self,
        config: DcdgancConfig,
        channels: int,
        classes: int,
        tensors: Mapping[str, Tensor],
        device: torch.device,
    ) -> None:
        judge = build_discriminator(config, channels, classes)
        self.encoder = _loaded(build_encoder(config, channels), ENCODER, tensors, device)
        self.discriminator = _loaded(judge, DISCRIMINATOR, tensors, device)


def _loaded(
    net: Net, prefix: str, tensors: Mapping[str, Tensor], device: torch.device
) -> Net | None:
    own = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
    if not own:
        return None
    net.load_state_dict(own)
    return net.to(device).eval().requires_grad_(False)


@torch.no_grad()
def logit(discriminator: Discriminator, images: Tensor, one_hot: Tensor) -> Tensor:
    """How real contents look to D (B,): the mean logit over content, then over scales.

    images (B, C + 1, H, W) content in [-1, 1] and alpha, one_hot (B, N).
    """
    means = [
        (j.logits * j.weights).sum(dim=(1, 2, 3)) / j.weights.sum(dim=(1, 2, 3))
        for j in discriminator(images, one_hot)
    ]
    return torch.stack(means).mean(dim=0)
