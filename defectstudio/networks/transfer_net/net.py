"""The transfer network of DST (P2 Figure 2; SPEC section 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.domain.transfer import DstConfig

STRIDE = 4
"""Sides of its input are multiples of this."""
FIRST_CHANGES = 0.1
"""Scale of a residual network's change: Adam's first steps move every weight by its rate, and the
hundreds that make one pixel would move it all the way, from where no gradient leads back."""
TRUNK = 64
"""Width of what a style code becomes before it scales and shifts the norms."""


class Conv(nn.Module):
    """Reflection padding and convolution, for an odd kernel."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            channels, out, kernel, stride, padding=kernel // 2, padding_mode="reflect"
        )

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, h, w) -> (B, out, h / stride, w / stride)."""
        y: Tensor = self.conv(x)
        return y


class Norm(nn.Module):
    """Instance norm; its scale and shift are learned, or follow from a style code (B, TRUNK)."""

    def __init__(self, width: int, *, conditional: bool) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(width, affine=not conditional)
        self.style = nn.Linear(TRUNK, 2 * width) if conditional else None

    def forward(self, x: Tensor, style: Tensor | None) -> Tensor:
        """x (B, width, h, w) -> the same shape."""
        y: Tensor = self.norm(x)
        if self.style is None or style is None:
            return y
        scale, shift = self.style(style)[:, :, None, None].chunk(2, dim=1)
        styled: Tensor = y * (1 + scale) + shift
        return styled


class Block(nn.Module):
    """Convolution, norm, ReLU."""

    def __init__(
        self, channels: int, out: int, kernel: int, stride: int = 1, *, conditional: bool
    ) -> None:
        super().__init__()
        self.conv = Conv(channels, out, kernel, stride)
        self.norm = Norm(out, conditional=conditional)

    def forward(self, x: Tensor, style: Tensor | None) -> Tensor:
        """x (B, C, h, w) -> (B, out, h / stride, w / stride)."""
        y: Tensor = functional.relu(self.norm(self.conv(x), style))
        return y


class Residual(nn.Module):
    """x + norm(conv(relu(norm(conv(x)))))."""

    def __init__(self, width: int, *, conditional: bool) -> None:
        super().__init__()
        self.first = Block(width, width, 3, conditional=conditional)
        self.second = Conv(width, width, 3)
        self.norm = Norm(width, conditional=conditional)

    def forward(self, x: Tensor, style: Tensor | None) -> Tensor:
        """x (B, width, h, w) -> the same shape."""
        y: Tensor = x + self.norm(self.second(self.first(x, style)), style)
        return y


class TransferNet(nn.Module):
    """K9 S1, K3 S2, K3 S2, residual blocks, twice up with jumpers at 1/2 and 1, two convolutions.

    Upsampling is nearest neighbour, which leaves no checkerboard. residual: the image moved by a
    share of its way to white or black, which begins as the image itself; else tanh is the whole
    of it, as in the paper.
    code: length of the style code, 0 for a network of one class. noise: it sees a plane of noise
    beside the image (our extension): from a smooth surface no other way leads to grain.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        blocks: int,
        *,
        code: int = 0,
        residual: bool = True,
        noise: bool = True,
    ) -> None:
        super().__init__()
        own = {"conditional": code > 0}
        self.code, self.residual, self.noise = code, residual, noise
        self.trunk = nn.Linear(code, TRUNK) if code else None
        self.first = Block(channels + noise, width, 9, **own)
        self.to_half = Block(width, 2 * width, 3, 2, **own)
        self.to_quarter = Block(2 * width, 4 * width, 3, 2, **own)
        self.blocks = nn.ModuleList(Residual(4 * width, **own) for _ in range(blocks))
        self.up_half = Block(4 * width, 2 * width, 3, **own)
        self.up = Block(4 * width, width, 3, **own)
        self.joined = Block(2 * width, width, 3, **own)
        self.last = Conv(width, channels, 3)
        if residual:
            nn.init.zeros_(self.last.conv.weight)
            nn.init.zeros_(self.last.conv.bias)  # type: ignore[arg-type]

    def forward(self, image: Tensor, grain: Tensor, code: Tensor | None = None) -> Tensor:
        """image (B, C, H, W) in [0, 1], grain (B, 1, H, W) standard normal, code (B, K) -> as
        image, in [0, 1].

        H and W are multiples of 4, at least 16. Without `noise` the grain is not looked at.
        """
        style = None if self.trunk is None else functional.relu(self.trunk(code))
        seen = [2 * image - 1, grain] if self.noise else [2 * image - 1]
        full = self.first(torch.cat(seen, dim=1), style)
        half = self.to_half(full, style)
        x = self.to_quarter(half, style)
        for block in self.blocks:
            x = block(x, style)
        x = torch.cat([self.up_half(_doubled(x), style), half], dim=1)
        x = torch.cat([self.up(_doubled(x), style), full], dim=1)
        change = self.last(self.joined(x, style)).float()
        if not self.residual:
            return (torch.tanh(change) + 1) / 2
        share = torch.tanh(FIRST_CHANGES * change)
        return image + share * torch.where(share >= 0, 1 - image, image)


def transfer_net(config: DstConfig, channels: int, codes: Tensor) -> TransferNet:
    """That of a configuration; codes (n, K): those of its references."""
    length = codes.shape[1] if config.conditional else 0
    return TransferNet(
        channels,
        config.width_t,
        config.blocks,
        code=length,
        residual=config.residual,
        noise=config.noise,
    )


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
