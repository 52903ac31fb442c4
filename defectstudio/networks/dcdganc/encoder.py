"""The encoder E(I) -> mu, log variance (P1 section 2.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Encoder(nn.Module):
    """Strided convolutions, then the mean over the content's pixels, then mu and log variance.

    No normalization: the colour of a defect is part of its style. The paper's "log sigma" is read
    as the log variance (SPEC section 1).
    """

    def __init__(self, channels: int, width: int, nz: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 4 * width]
        inputs = [channels + 1, *widths[:-1]]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(inputs, widths, strict=True)
        )
        self.head = nn.Linear(widths[-1], 2 * nz)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image (B, C + 1, H, W), content in [-1, 1] and alpha -> mu, log variance (B, nz)."""
        x = image
        for conv in self.convs:
            x = functional.leaky_relu(conv(x), 0.2)
        weight = functional.adaptive_max_pool2d(image[:, -1:], (x.shape[2], x.shape[3])) + 1e-4
        pooled = (x.float() * weight).sum(dim=(2, 3)) / weight.sum(dim=(2, 3))
        mu, log_variance = self.head(pooled).float().chunk(2, dim=1)
        return mu, log_variance.clamp(-8.0, 4.0)


def reparameterize(mu: Tensor, log_variance: Tensor, normal: Tensor) -> Tensor:
    """z_r = z' sigma + mu (P1 eq. 3); all (B, nz)."""
    return mu + torch.exp(0.5 * log_variance) * normal
