"""What DCDGANc is compared with in P1 section 3.4: OD-SPADE replaced by simpler norms."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.networks.dcdganc.od_spade import FREE_SIDE, STYLE_PLANES, resized


class AdaIn(nn.Module):
    """out = IN(x) (1 + gamma) + beta, one gamma and beta a channel from the code [c; z].

    Huang and Belongie 2017, eq. 8, with the affine map of StyleGAN (Karras et al. 2019, eq. 1).
    The source cannot enter: it is seen by the generator's first convolution only.
    """

    def __init__(self, channels: int, code: int, source_planes: int) -> None:  # noqa: ARG002
        super().__init__()
        self.affine = nn.Linear(code, 2 * channels)

    def forward(self, x: Tensor, code: Tensor, source: Tensor | None) -> Tensor:  # noqa: ARG002
        """x (B, C, h, w), code (B, code) -> (B, C, h, w)."""
        gamma, beta = self.affine(code)[:, :, None, None].chunk(2, dim=1)
        out: Tensor = functional.instance_norm(x) * (1 + gamma) + beta
        return out


class InstanceNorm(nn.Module):
    """out = IN(x) gamma + beta with learned constants; neither code nor source enter."""

    def __init__(self, channels: int, code: int, source_planes: int) -> None:  # noqa: ARG002
        super().__init__()
        self.norm = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor, code: Tensor, source: Tensor | None) -> Tensor:  # noqa: ARG002
        """x (B, C, h, w) -> (B, C, h, w)."""
        out: Tensor = self.norm(x)
        return out


class CodeMap(nn.Module):
    """The code [c; z] as planes for the generator's input, where the norms let none in.

    Our reading of the InstanceNorm variant: constant planes would be zero after the first norm
    (SPEC section 1), so a fully connected layer makes them spatial, as in OD-SPADE.
    """

    def __init__(self, code: int) -> None:
        super().__init__()
        self.style = nn.Linear(code, STYLE_PLANES * FREE_SIDE * FREE_SIDE)

    def forward(self, source: Tensor, code: Tensor) -> Tensor:
        """source (B, planes, h, w), code (B, code) -> (B, planes + 8, h, w)."""
        style = self.style(code).view(-1, STYLE_PLANES, FREE_SIDE, FREE_SIDE)
        style = resized(style, (source.shape[2], source.shape[3]))
        return torch.cat([source.to(style.dtype), style], dim=1)
