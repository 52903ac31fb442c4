"""Buttonlab (P2 section 3.2; SPEC section 5): DeepLabv3+ without ASPP, with a branch that has seen
every other pixel, which learns from crops."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock

from defectstudio.imaging.masks import Box
from defectstudio.networks.segmenters.encoders import Encoder

GRAIN = 16
"""Origins and sides of crops are multiples of this."""
LOW, BRANCH = 48, 48
"""Channels that the maps at 1/4 and 1/2 are brought down to."""
BRANCH_WIDTH = 64


class Buttonlab(nn.Module):
    """high at 1/16 up four times, joined with low at 1/4; up twice, joined with the branch at 1/2;
    up twice.

    width: of the convolutions, 256 in the paper.
    """

    def __init__(self, encoder: Encoder, width: int, outputs: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.branch = nn.Sequential(
            _convolution(3, BRANCH_WIDTH, 7, stride=2), BasicBlock(BRANCH_WIDTH, BRANCH_WIDTH)
        )
        self.low = _convolution(encoder.channels[1], LOW, 1)
        self.branch_out = _convolution(BRANCH_WIDTH, BRANCH, 1)
        high = encoder.channels[3]
        self.at_quarter = _two_convolutions(high + LOW, width)
        self.at_half = _two_convolutions(width + BRANCH, width)
        self.head = nn.Conv2d(width, outputs, 1)

    def forward(self, image: Tensor, crop: Box | None = None) -> Tensor:
        """image (B, C, H, W) in [0, 1], H and W multiples of 32 -> logits (B, outputs, H, W), or
        of the crop alone, whose origin and sides are multiples of GRAIN: the backbone sees the
        whole image, the branch the crop."""
        crop = crop or Box(0, 0, image.shape[2], image.shape[3])
        maps = self.encoder(image)
        x = torch.cat([_cut(_enlarged(maps[3], 4), crop, 4), _cut(self.low(maps[1]), crop, 4)], 1)
        x = self.at_quarter(x)
        seen = _cut(self.encoder.normalised(image), crop, 1)
        detail = self.branch_out(self.branch(seen))
        x = self.at_half(torch.cat([_enlarged(x, 2), detail], 1))
        return _enlarged(self.head(x), 2)


def _cut(x: Tensor, crop: Box, stride: int) -> Tensor:
    """The crop of the image in a map at 1 / stride."""
    top, left, height, width = (
        side // stride for side in (crop.top, crop.left, crop.height, crop.width)
    )
    return x[:, :, top : top + height, left : left + width]


def _enlarged(x: Tensor, times: int) -> Tensor:
    return functional.interpolate(
        x, scale_factor=float(times), mode="bilinear", align_corners=False
    )


def _convolution(channels: int, out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )


def _two_convolutions(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(_convolution(channels, width, 3), _convolution(width, width, 3))
