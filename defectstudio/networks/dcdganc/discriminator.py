"""The class-conditional discriminator D(I | c), at several scales (P1 section 2.2)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.networks.initial import SLOPE, keep_variance

DETAIL_GAIN = 4.0


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
        keep_variance(self)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """x (B, inputs, H, W) -> logits (B, 1, H/8, W/8) and the features before them."""
        features = []
        for conv in self.convs:
            x = functional.leaky_relu(conv(x), SLOPE)
            features.append(x)
        return self.last(x), features


class Discriminator(nn.Module):
    """One shared discriminator for both fakes of eq. (6), the class given as constant planes.

    Logits count where content lies (weights: alpha at the logits' scale, never all zero), so that
    an empty background neither convicts nor acquits. Beside the image it sees its detail,
    enlarged: surfaces differ by little from their defects, and what texture there is would
    otherwise be found last.
    """

    def __init__(self, channels: int, classes: int, width: int, scales: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            PatchDiscriminator(2 * channels + 1 + classes, width) for _ in range(scales)
        )

    def forward(self, image: Tensor, one_hot: Tensor) -> list[Judgement]:
        """image (B, C + 1, H, W) content and alpha, one_hot (B, N) -> one Judgement a scale."""
        planes = one_hot[:, :, None, None].expand(-1, -1, *image.shape[2:])
        x = torch.cat([_detail(image), image, planes.to(image.dtype)], dim=1)
        place = x.shape[1] - planes.shape[1] - 1
        judgements = []
        for scale in self.scales:
            logits, features = scale(x)
            alpha = x[:, place : place + 1].detach().float()
            weights = functional.adaptive_max_pool2d(alpha, (logits.shape[2], logits.shape[3]))
            judgements.append(Judgement(logits.float(), weights + 0.01, features))
            x = functional.avg_pool2d(x, 2)
        return judgements


def _detail(image: Tensor) -> Tensor:
    """Contents (B, C, H, W) less their 5 x 5 means over content, enlarged; 0 outside."""
    content, alpha = image[:, :-1], image[:, -1:]
    share = functional.avg_pool2d(alpha, 5, stride=1, padding=2).clamp_min(1e-2)
    means = functional.avg_pool2d(content * alpha, 5, stride=1, padding=2) / share
    return DETAIL_GAIN * (content - means) * alpha
