"""CycleGAN (Zhu et al. 2017): two generators, two PatchGANs, a pool of made images."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.domain.generators import CycleGanConfig
from defectstudio.networks.baselines.resnet import ResnetGenerator


class PatchGan(nn.Module):
    """C w - C 2w - C 4w - C 8w and a map of logits (appendix 7.2); no norm in the first layer.

    Three layers are strided as in the paper's 70 x 70 PatchGAN; the fourth is not.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        widths = [inputs, width, 2 * width, 4 * width, 8 * width]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2 if i < 3 else 1, padding=1)
            for i, (a, b) in enumerate(itertools.pairwise(widths))
        )
        self.last = nn.Conv2d(widths[-1], 1, 4, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """image (B, C + 1, H, W) -> logits (B, 1, H/8 - 2, W/8 - 2)."""
        x = image
        for index, conv in enumerate(self.convs):
            x = conv(x)
            x = functional.leaky_relu(functional.instance_norm(x) if index else x, 0.2)
        logits: Tensor = self.last(x)
        return logits.float()


class Pool(nn.Module):
    """The last made images, from which half of a discriminator's fakes come (section 4).

    A module so that its images are saved with the networks; size 0 keeps none.
    """

    images: Tensor
    count: Tensor

    def __init__(self, size: int, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def swap(self, made: Tensor, rng: torch.Generator) -> Tensor:
        """made (B, C + 1, H, W) -> as many images, old ones in place of about half of them."""
        size = len(self.images)
        if size == 0:
            return made.detach()
        out = made.detach().clone()
        for n in range(len(made)):
            old, slot = (int(torch.randint(k, (), generator=rng)) for k in (2, size))
            count = int(self.count)
            if count < size:
                self.images[count] = out[n]
                self.count += 1
            elif old:
                kept = self.images[slot].clone()
                self.images[slot] = out[n]
                out[n] = kept
        return out


class Cycle(nn.Module):
    """The four networks of one class: g A -> B, f B -> A, d_a and d_b.

    A is the normal surface cut by a defect's mask, B the defect's content. Weights start from
    N(0, 0.02) (appendix 7.2).
    """

    def __init__(self, config: CycleGanConfig, channels: int) -> None:
        super().__init__()
        self.g = ResnetGenerator(channels, 0, config.width_g, config.blocks)
        self.f = ResnetGenerator(channels, 0, config.width_g, config.blocks)
        self.d_a = PatchGan(channels + 1, config.width_d)
        self.d_b = PatchGan(channels + 1, config.width_d)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)
        shape = channels + 1, config.height, config.width
        self.pool_a, self.pool_b = Pool(config.pool, shape), Pool(config.pool, shape)


class SurfaceToDefect(nn.Module):
    """What is kept of a CycleGAN: g of every class."""

    def __init__(self, config: CycleGanConfig, channels: int, classes: int) -> None:
        super().__init__()
        self.classes = nn.ModuleList(
            ResnetGenerator(channels, 0, config.width_g, config.blocks) for _ in range(classes)
        )

    def forward(self, surface: Tensor, index: int, key: float) -> Tensor:
        """surface (B, C + 1, H, W) of class `index` -> content and mask of the same shape."""
        made: Tensor = self.classes[index](surface, None, key)
        return made
