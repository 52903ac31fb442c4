"""The class-conditional discriminator D(I | c), at several scales (P1 section 2.2)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Judgement(NamedTuple):
    """Per scale: logits (B, 1, h, w), their weights (B, 1, h, w) >= 0, and the features."""

    logits: Tensor
    weights: Tensor
    features: list[Tensor]


class PatchDiscriminator(nn.Module):
    """Strided convolutions to a map of logits; no batch norm (the gradient penalty forbids it)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        first = [inputs, *widths[:-1]]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(first, widths, strict=True)
        )
        self.last = nn.Conv2d(widths[-1], 1, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """x (B, inputs, H, W) -> logits (B, 1, H/8, W/8) and the features before them."""
        features = []
        for conv in self.convs:
            x = functional.leaky_relu(conv(x), 0.2)
            features.append(x)
        return self.last(x), features


class Discriminator(nn.Module):
    """One shared discriminator for both fakes of eq. (6), the class given as constant planes.

    Logits count where content lies (weights: alpha at the logits' scale, never all zero), so that
    an empty background neither convicts nor acquits.
    """

    def __init__(self, channels: int, classes: int, width: int, scales: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            PatchDiscriminator(channels + 1 + classes, width) for _ in range(scales)
        )

    def forward(self, image: Tensor, one_hot: Tensor) -> list[Judgement]:
        """image (B, C + 1, H, W) content and alpha, one_hot (B, N) -> one Judgement a scale."""
        planes = one_hot[:, :, None, None].expand(-1, -1, *image.shape[2:])
        x = torch.cat([image, planes.to(image.dtype)], dim=1)
        judgements = []
        for scale in self.scales:
            logits, features = scale(x)
            alpha = x[:, image.shape[1] - 1 : image.shape[1]].detach().float()
            weights = functional.adaptive_max_pool2d(alpha, (logits.shape[2], logits.shape[3]))
            judgements.append(Judgement(logits.float(), weights + 0.01, features))
            x = functional.avg_pool2d(x, 2)
        return judgements
