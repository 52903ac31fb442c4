"""StyleGAN2 (Karras et al. 2020), class-conditional, with an alpha channel.

Kept: mapping network, weight (de)modulation, noise inputs, skip outputs, residual discriminator
with minibatch deviation, equalized learning rates. Left out: style mixing and path length
regularization, which the few-shot configurations of its authors (StyleGAN2-ADA) leave out too.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.domain.generators import StyleGan2Config

DOUBLINGS = 4
"""Canvas sides are multiples of 2^4: the learned constant has 1/16 of the canvas."""
MAPPING_RATE = 0.01
"""Learning rate of the mapping network against that of the rest (appendix B)."""


class EqualLinear(nn.Module):
    """A fully connected layer, its learning rate equalized (Karras et al. 2018, 4.1)."""

    def __init__(self, inputs: int, outputs: int, *, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale, self.rate = rate / math.sqrt(inputs), rate

    def forward(self, x: Tensor) -> Tensor:
        """x (B, inputs) -> (B, outputs)."""
        return functional.linear(x, self.weight * self.scale, self.bias * self.rate)


class EqualConv(nn.Module):
    """A convolution with the learning rate equalized; `side` 1 or 3."""

    def __init__(self, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, side, side))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = 1 / math.sqrt(inputs * side * side)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, inputs, h, w) -> (B, outputs, h, w)."""
        padding = self.weight.shape[2] // 2
        return functional.conv2d(x, self.weight * self.scale, self.bias, padding=padding)


class ModulatedConv(nn.Module):
    """Weights scaled by a style and demodulated (section 2.2, eqs. 1 and 3).

    Scaling the input maps by the style and the output maps by the demodulation is the same and
    needs no convolution of its own for every image.
    """

    def __init__(
        self, inputs: int, outputs: int, side: int, code: int, *, demodulate: bool
    ) -> None:
        super().__init__()
        self.conv = EqualConv(inputs, outputs, side)
        self.style = EqualLinear(code, inputs, bias=1.0)
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x (B, inputs, h, w), w (B, code) -> (B, outputs, h, w), no bias yet where demodulated."""
        style = self.style(w)
        weight = self.conv.weight * self.conv.scale
        x = x * style[:, :, None, None].to(x.dtype)
        y = functional.conv2d(x, weight, padding=weight.shape[2] // 2)
        if self.demodulate:
            power = style.square() @ weight.square().sum(dim=(2, 3)).T
            y = y * torch.rsqrt(power + 1e-8)[:, :, None, None].to(y.dtype)
        return y + self.conv.bias.view(1, -1, 1, 1).to(y.dtype)


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, noise, activation."""

    def __init__(self, inputs: int, outputs: int, code: int) -> None:
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, code, demodulate=True)
        self.noise_gain = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        """x (B, inputs, h, w), noise (B, 1, h, w) -> (B, outputs, h, w)."""
        y = self.conv(x, w) + noise.to(x.dtype) * self.noise_gain.to(x.dtype)
        return functional.leaky_relu(y, 0.2) * math.sqrt(2)


class Mapping(nn.Module):
    """z and the class's embedding to w (StyleGAN2-ADA, conditional)."""

    def __init__(self, config: StyleGan2Config, classes: int) -> None:
        super().__init__()
        self.embed = EqualLinear(classes, config.nz)
        sizes = [2 * config.nz] + [config.nz] * config.mapping
        self.layers = nn.ModuleList(
            EqualLinear(a, b, rate=MAPPING_RATE) for a, b in itertools.pairwise(sizes)
        )

    def forward(self, z: Tensor, one_hot: Tensor) -> Tensor:
        """z (B, nz), one_hot (B, N) -> w (B, nz)."""
        x = torch.cat([_normalized(z), _normalized(self.embed(one_hot))], dim=1)
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.2) * math.sqrt(2)
        return x


class Generator(nn.Module):
    """Content in [-1, 1] composed on a key by its own alpha, from z, class and noise."""

    def __init__(self, config: StyleGan2Config, channels: int, classes: int) -> None:
        super().__init__()
        self.mapping = Mapping(config, classes)
        widths = _widths(config.width_g)
        start = config.height >> DOUBLINGS, config.width >> DOUBLINGS
        self.start = nn.Parameter(torch.randn(1, widths[0], *start))
        self.first = StyledConv(widths[0], widths[0], config.nz)
        pairs = list(itertools.pairwise(widths))
        self.doubling = nn.ModuleList(StyledConv(a, b, config.nz) for a, b in pairs)
        self.second = nn.ModuleList(StyledConv(b, b, config.nz) for _, b in pairs)
        self.to_image = nn.ModuleList(
            ModulatedConv(width, channels + 1, 1, config.nz, demodulate=False) for width in widths
        )

    def noise_shapes(self) -> list[tuple[int, int]]:
        """(h, w) of the noise planes: one at the start, then two a doubling."""
        h, w = self.start.shape[2:]
        return [(h, w)] + [(h << i, w << i) for i in range(1, DOUBLINGS + 1) for _ in range(2)]

    def forward(self, z: Tensor, one_hot: Tensor, noise: list[Tensor], key: float) -> Tensor:
        """z (B, nz), one_hot (B, N) and noise planes -> content, alpha (B, C + 1, H, W)."""
        w = self.mapping(z, one_hot)
        x = self.first(self.start.expand(len(z), -1, -1, -1), w, noise[0])
        image = self.to_image[0](x, w)
        layers = zip(self.doubling, self.second, self.to_image[1:], strict=True)
        for level, (first, second, to_image) in enumerate(layers):
            x = first(_doubled(x), w, noise[2 * level + 1])
            x = second(x, w, noise[2 * level + 2])
            image = _doubled(image) + to_image(x, w)
        image = image.float()
        alpha = torch.sigmoid(image[:, -1:])
        return torch.cat([torch.tanh(image[:, :-1]) * alpha + key * (1 - alpha), alpha], dim=1)


class DownBlock(nn.Module):
    """Two 3x3 convolutions, halved, beside a 1x1 skip (section 4.1)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = EqualConv(inputs, inputs, 3)
        self.second = EqualConv(inputs, outputs, 3)
        self.skip = EqualConv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, inputs, h, w) -> (B, outputs, h/2, w/2)."""
        y = functional.leaky_relu(self.first(x), 0.2) * math.sqrt(2)
        y = functional.leaky_relu(self.second(functional.avg_pool2d(y, 2)), 0.2) * math.sqrt(2)
        out: Tensor = (y + self.skip(functional.avg_pool2d(x, 2))) / math.sqrt(2)
        return out


class Discriminator(nn.Module):
    """Residual discriminator with minibatch deviation and a projection on the class."""

    def __init__(self, config: StyleGan2Config, channels: int, classes: int) -> None:
        super().__init__()
        widths = _widths(config.width_d)[::-1]
        self.from_image = EqualConv(channels + 1, widths[0], 1)
        self.blocks = nn.ModuleList(DownBlock(a, b) for a, b in itertools.pairwise(widths))
        self.conv = EqualConv(widths[-1] + 1, widths[-1], 3)
        pixels = (config.height >> DOUBLINGS) * (config.width >> DOUBLINGS)
        self.dense = EqualLinear(widths[-1] * pixels, widths[-1])
        self.logit = EqualLinear(widths[-1], 1)
        self.embed = EqualLinear(classes, widths[-1])

    def forward(self, image: Tensor, one_hot: Tensor) -> Tensor:
        """image (B, C + 1, H, W), one_hot (B, N) -> logits (B,)."""
        x = functional.leaky_relu(self.from_image(image), 0.2) * math.sqrt(2)
        for block in self.blocks:
            x = block(x)
        x = functional.leaky_relu(self.conv(_with_deviation(x)), 0.2) * math.sqrt(2)
        x = functional.leaky_relu(self.dense(x.flatten(1)), 0.2) * math.sqrt(2)
        fit = (x * self.embed(one_hot)).sum(dim=1) / math.sqrt(x.shape[1])
        logits: Tensor = (self.logit(x)[:, 0] + fit).float()
        return logits


def _widths(width: int) -> list[int]:
    """Channels from the constant to the canvas."""
    return [4 * width, 4 * width, 4 * width, 2 * width, width]


def _normalized(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


def _doubled(x: Tensor) -> Tensor:
    """Twice the size by the binomial filter [1 3 3 1], which is bilinear interpolation."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _with_deviation(x: Tensor) -> Tensor:
    """One more plane: the mean deviation over the batch (Karras et al. 2018, section 3)."""
    deviation = (x - x.mean(dim=0)).square().mean(dim=0).add(1e-8).sqrt().mean()
    return torch.cat([x, deviation.expand(len(x), 1, *x.shape[2:])], dim=1)
