"""OD-SPADE: one-dimensional spatially adaptive normalization (P1 section 2.2, Figure 2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STYLE_PLANES = 8
FREE_SIDE, FILLED_SIDE = 16, 4
"""Sides of the style's spatial map: where the shape is free it draws the layout; where a painted
mask gives the shape, a fine map draws lattices into the texture."""


def pixel_norm(x: Tensor) -> Tensor:
    """x (B, C, H, W) divided by its root mean square over C.

    Our reading of "norm": instance norm of a constant map is zero, and inside a small mask on a
    large canvas it blows up; a norm by pixel knows neither canvas nor mask size.
    """
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-6)


class OdSpade(nn.Module):
    """out = norm(x) (1 + gamma) + beta, gamma and beta per element from [c; z] (and the source).

    A fully connected layer turns the code (B, code) into a spatial map (B, 8, s, s), which is
    resized to x, joined with the source map (mask source only) and convolved to gamma and beta.
    """

    def __init__(self, channels: int, code: int, source_planes: int) -> None:
        super().__init__()
        hidden = min(32, max(16, channels // 2))
        self.side = FILLED_SIDE if source_planes else FREE_SIDE
        self.style = nn.Linear(code, STYLE_PLANES * self.side**2)
        self.shared = nn.Conv2d(STYLE_PLANES + source_planes, hidden, 3, padding=1)
        self.gamma_beta = nn.Conv2d(hidden, 2 * channels, 3, padding=1)

    @torch.no_grad()
    def flatten(self) -> None:
        """Start with flat planes: layouts are learned, not left over from the initial values."""
        planes = self.style.weight.view(STYLE_PLANES, self.side**2, -1)
        planes.copy_(planes[:, :1].expand_as(planes).clone())
        nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, code: Tensor, source: Tensor | None) -> Tensor:
        """x (B, C, h, w), code (B, code), source (B, planes, h, w) or None -> (B, C, h, w)."""
        style = self.style(code).view(-1, STYLE_PLANES, self.side, self.side)
        style = resized(style, (x.shape[2], x.shape[3]))
        planes = style if source is None else torch.cat([style, source.to(style.dtype)], dim=1)
        gamma, beta = self.gamma_beta(functional.relu(self.shared(planes))).chunk(2, dim=1)
        out: Tensor = pixel_norm(x) * (1 + gamma) + beta
        return out


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """x (B, C, h, w) averaged down or interpolated up to `size`."""
    if size[0] <= x.shape[2] and size[1] <= x.shape[3]:
        return functional.adaptive_avg_pool2d(x, size)
    return functional.interpolate(x, size, mode="bilinear", align_corners=False)
