"""The generator G(z | c) of DCDGANc and its mask-conditioned form."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.networks.dcdganc.norms import AdaIn, CodeMap, InstanceNorm
from defectstudio.networks.dcdganc.od_spade import STYLE_PLANES, OdSpade
from defectstudio.networks.initial import SLOPE, keep_variance

STRIDE = 16
"""Canvas sides are multiples of this: the source is read at 1/16."""


SHADED = 2
"""Blocks that start without noise: at 1/16 and 1/8 of the canvas it draws blots where mask and
style should shade."""

NORMS = {"dcdganc": OdSpade, "adain": AdaIn, "instancenorm": InstanceNorm}
"""OD-SPADE and what P1 section 3.4 replaces it with."""


class Block(nn.Module):
    """A norm of NORMS, activation, then doubled, per-pixel noise, 3x3 convolution; a 1x1 skip.

    The norm works before the doubling: a quarter of the pixels, the same receptive field. The
    noise joins where values are of order 1: beside the sum of the skips it would not be heard.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        code: int,
        planes: int,
        norm: str,
        *,
        doubles: bool,
        noise: float,
    ) -> None:
        super().__init__()
        self.norm = NORMS[norm](inputs, code, planes)
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else None
        self.noise_gain = nn.Parameter(torch.full((inputs,), noise))
        self.doubles = doubles

    def forward(self, x: Tensor, code: Tensor, source: Tensor | None, noise: Tensor) -> Tensor:
        """x (B, C, h, w), source at its size, noise (B, 1, H, W) -> (B, C', H, W)."""
        y = functional.leaky_relu(self.norm(x, code, source), SLOPE)
        rest: Tensor = x if self.skip is None else self.skip(x)
        if self.doubles:
            y, rest = _doubled(y), _doubled(rest)
        y = self.conv(y + noise.to(y.dtype) * self.noise_gain.view(1, -1, 1, 1).to(y.dtype))
        out: Tensor = (y + rest) * 0.5**0.5
        return out


class Generator(nn.Module):
    """Content in [-1, 1] from a source map, a code [one-hot class; z] and noise.

    source "mask": planes (class constant inside, -1 outside; mask), fed at every OD-SPADE layer;
    the content fills the mask exactly and is `key` outside. source "constant": one plane, read at
    1/16 resolution; the last output plane is alpha. norm: one of NORMS.
    """

    def __init__(
        self, channels: int, code: int, width: int, *, mask_source: bool, norm: str = "dcdganc"
    ) -> None:
        super().__init__()
        self.mask_source = mask_source
        self.channels = channels
        planes = 2 if mask_source else 0
        widths = [4 * width, 4 * width, 2 * width, width, width // 2]
        self.code_map = CodeMap(code) if norm == "instancenorm" else None
        inputs = (2 if mask_source else 1) + (STYLE_PLANES if self.code_map else 0)
        self.first = nn.Conv2d(inputs, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(
            Block(
                widths[max(i - 1, 0)],
                widths[i],
                code,
                planes,
                norm,
                doubles=i > 0,
                noise=0.0 if i < SHADED else 0.5,
            )
            for i in range(len(widths))
        )
        self.last_norm = NORMS[norm](widths[-1], code, planes)
        self.to_image = nn.Conv2d(widths[-1], channels + (not mask_source), 3, padding=1)
        keep_variance(self)
        with torch.no_grad():
            self.to_image.weight *= 0.1  # a saturated tanh teaches nothing
        for layer in self.modules():
            if isinstance(layer, OdSpade):
                layer.flatten()

    def noise_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        """(h, w) of the noise plane of every block on a canvas (height, width)."""
        sides = range(len(self.blocks))
        return [(height * 2**i // STRIDE, width * 2**i // STRIDE) for i in sides]

    def forward(self, source: Tensor, code: Tensor, noise: list[Tensor], key: float) -> Tensor:
        """source (B, 1 or 2, H, W), code (B, code) -> content and alpha (B, C + 1, H, W).

        Content in [-1, 1], alpha in [0, 1]. Equation: I = G(z | c).
        """
        x = _at(source, noise[0])
        x = self.first(self.code_map(x, code) if self.code_map else x)
        for block, plane in zip(self.blocks, noise, strict=True):
            x = block(x, code, _at(source, x) if self.mask_source else None, plane)
        layer = source if self.mask_source else None
        x = self.to_image(functional.leaky_relu(self.last_norm(x, code, layer), SLOPE)).float()
        if self.mask_source:
            alpha = source[:, 1:2].float()
            return torch.cat([torch.tanh(x) * alpha + key * (1 - alpha), alpha], dim=1)
        alpha = torch.sigmoid(x[:, -1:])
        return torch.cat([torch.tanh(x[:, :-1]) * alpha + key * (1 - alpha), alpha], dim=1)


def draw_noise(shapes: list[tuple[int, int]], batch: int, rng: torch.Generator) -> list[Tensor]:
    """Standard normal noise planes (B, 1, h, w), on the CPU so that a seed means one picture."""
    return [torch.randn(batch, 1, h, w, generator=rng) for h, w in shapes]


def _at(source: Tensor, like: Tensor) -> Tensor:
    size = (like.shape[2], like.shape[3])
    return source if source.shape[2:] == size else functional.adaptive_avg_pool2d(source, size)


def _doubled(x: Tensor) -> Tensor:
    """Bilinear: doubled pixels would let the convolution after them draw a lattice."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
