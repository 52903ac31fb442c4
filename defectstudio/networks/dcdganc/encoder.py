"""The encoder E(I) -> mu, log variance (P1 section 2.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.networks.initial import SLOPE, keep_variance


class Encoder(nn.Module):
    """Strided convolutions; the mean and deviation over the content of every layer, the image
    among them; then mu and log variance.

    No normalization: the colour of a defect is part of its style. Statistics of shallow layers
    tell colour and texture from the first step on. The paper's "log sigma" is read as the log
    variance (SPEC section 1).
    """

    def __init__(self, channels: int, width: int, nz: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 4 * width]
        inputs = [channels + 1, *widths[:-1]]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(inputs, widths, strict=True)
        )
        self.head = nn.Linear(2 * (channels + sum(widths)), 2 * nz)
        keep_variance(self)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image (B, C + 1, H, W), content in [-1, 1] and alpha -> mu, log variance (B, nz)."""
        x, alpha = image, image[:, -1:]
        pooled = _statistics(image[:, :-1], alpha)
        for conv in self.convs:
            x = functional.leaky_relu(conv(x), SLOPE)
            pooled += _statistics(x, alpha)
        mu, log_variance = self.head(torch.cat(pooled, dim=1)).float().chunk(2, dim=1)
        return mu, log_variance.clamp(-8.0, 4.0)


def _statistics(x: Tensor, alpha: Tensor) -> list[Tensor]:
    """Mean and standard deviation (B, C) of x (B, C, h, w) over the content."""
    weight = functional.adaptive_max_pool2d(alpha.float(), (x.shape[2], x.shape[3])) + 1e-4
    weight = weight / weight.sum(dim=(2, 3), keepdim=True)
    mean = (x.float() * weight).sum(dim=(2, 3), keepdim=True)
    variance = ((x.float() - mean).square() * weight).sum(dim=(2, 3))
    return [mean.flatten(1), (variance + 1e-4).sqrt()]


def reparameterize(mu: Tensor, log_variance: Tensor, normal: Tensor) -> Tensor:
    """z_r = z' sigma + mu (P1 eq. 3); all (B, nz)."""
    return mu + torch.exp(0.5 * log_variance) * normal
