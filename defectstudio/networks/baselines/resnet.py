"""The residual generator that CycleGAN and StarGAN share (Johnson et al. 2016)."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """x + IN(conv(relu(IN(conv(x))))), both 3x3 with reflection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")
        self.second = nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, h, w) -> the same shape."""
        y = functional.relu(functional.instance_norm(self.first(x)))
        out: Tensor = x + functional.instance_norm(self.second(y))
        return out


class ResnetGenerator(nn.Module):
    """c7s1-w, d2w, d4w, `blocks` x R4w, u2w, uw, c7s1-C (Zhu et al. 2017, appendix 7.2).

    Upsampling is nearest neighbour and a convolution, which leaves no checkerboard. The content
    keeps the mask of its input and is the key outside: where a defect is, is not for the network
    to choose.
    """

    def __init__(self, channels: int, labels: int, width: int, blocks: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        self.first = nn.Conv2d(channels + 1 + labels, width, 7, padding=3, padding_mode="reflect")
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in itertools.pairwise(widths)
        )
        self.blocks = nn.Sequential(*(ResidualBlock(widths[-1]) for _ in range(blocks)))
        self.up = nn.ModuleList(
            nn.Conv2d(b, a, 3, padding=1) for a, b in zip(widths[1::-1], widths[:0:-1], strict=True)
        )
        self.last = nn.Conv2d(width, channels, 7, padding=3, padding_mode="reflect")

    def forward(self, image: Tensor, labels: Tensor | None, key: float) -> Tensor:
        """image (B, C + 1, H, W), content in [-1, 1] on `key` and mask; labels (B, N) -> the same.

        H and W are multiples of 4; labels become constant planes (StarGAN), None: there are none.
        """
        x = image if labels is None else with_planes(image, labels)
        x = functional.relu(functional.instance_norm(self.first(x)))
        for down in self.down:
            x = functional.relu(functional.instance_norm(down(x)))
        x = self.blocks(x)
        for up in self.up:
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
            x = functional.relu(functional.instance_norm(up(x)))
        made, mask = torch.tanh(self.last(x).float()), image[:, -1:].float()
        return torch.cat([made * mask + key * (1 - mask), mask], dim=1)


def with_planes(image: Tensor, labels: Tensor) -> Tensor:
    """image (B, C, H, W), labels (B, N) -> (B, C + N, H, W), each label a constant plane."""
    planes = labels[:, :, None, None].expand(-1, -1, *image.shape[2:])
    return torch.cat([image, planes.to(image.dtype)], dim=1)
