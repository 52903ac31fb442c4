"""StarGAN (Choi et al. 2018): one generator among the normal surface and all classes."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.domain.generators import StarGanConfig
from defectstudio.networks.baselines.losses import mean_inside
from defectstudio.networks.baselines.resnet import ResnetGenerator

NORMAL = 0
"""The domain of the normal surface; class n of the one-hot code is domain n + 1."""

DOWN = 4
"""Strided convolutions of the critic."""


class Critic(nn.Module):
    """D: a critic by patch, and the domain of the image (appendix 7.2); no norm.

    The score of an image is the mean of its patches where content lies.
    """

    def __init__(self, channels: int, domains: int, config: StarGanConfig) -> None:
        super().__init__()
        widths = [channels + 1, *(config.width_d * 2**i for i in range(DOWN))]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in itertools.pairwise(widths)
        )
        self.score = nn.Conv2d(widths[-1], 1, 3, padding=1, bias=False)
        left = config.height // 2**DOWN, config.width // 2**DOWN
        self.domain = nn.Conv2d(widths[-1], domains, left, bias=False)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image (B, C + 1, H, W) of the trained size -> scores (B,), domain logits (B, domains)."""
        x = image
        for conv in self.convs:
            x = functional.leaky_relu(conv(x), 0.01)
        return mean_inside(self.score(x), image[:, -1:].detach()), self.domain(x).flatten(1).float()


def build_generator(config: StarGanConfig, channels: int, classes: int) -> ResnetGenerator:
    """G(x, c) for `classes` classes beside the normal surface."""
    return ResnetGenerator(channels, classes + 1, config.width_g, config.blocks)


def one_hot(domain: Tensor, classes: int) -> Tensor:
    """domain (B,) int64, NORMAL or class index + 1 -> (B, classes + 1)."""
    return functional.one_hot(domain, classes + 1).float()


def mixed(real: Tensor, made: Tensor, mix: Tensor) -> Tensor:
    """x_hat between real and made (B, C + 1, H, W), mix (B, 1, 1, 1) in [0, 1]; a leaf."""
    between: Tensor = torch.lerp(made.detach(), real.detach(), mix)
    return between.requires_grad_(True)
