"""Latents: what one content of DCDGANc is made from, and the ways between two of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn

from defectstudio.networks.dcdganc.generator import Generator, draw_noise
from defectstudio.networks.dcdganc.prior import Prior

FINE = 2
"""The first fine block: from a quarter of the canvas's resolution on."""


@dataclass(frozen=True)
class Grain:
    """The noise planes of one seed and their weight."""

    seed: int
    weight: float = 1.0


@dataclass(frozen=True)
class Latent:
    """What one content is made from; float32 tensors on the CPU.

    code (N,): the class code c; value: the class constant of P1 eq. (1); z, fine (nz,): the style
    at the coarse and at the fine layers; grains: the noise planes, added up.
    """

    code: Tensor
    value: float
    z: Tensor
    fine: Tensor
    grains: tuple[Grain, ...]


@dataclass(frozen=True)
class Draw:
    """A style as the prior draws it: its normal numbers (nz,) and its noise.

    Mixing two draws goes along the line between them, made to unit variance: for the independent
    normal numbers of two seeds this is a draw of N(0, I) at every amount, so that what the prior
    makes of it keeps the prior's covariance; the plain line would sag towards the class's mean,
    and an arc (slerp) would need the norms of both to be alike, which they are not at nz = 16.
    Both ends are exact.
    """

    normal: Tensor
    grains: tuple[Grain, ...]

    @classmethod
    def of(cls, seed: int, nz: int) -> Draw:
        """The draw that a seed names: nz normal numbers, then the noise."""
        rng = torch.Generator().manual_seed(seed)
        return cls(torch.randn(nz, generator=rng), (Grain(seed),))

    def mixed(self, other: Draw, amount: float) -> Draw:
        """amount 0..1: this draw .. the other one."""
        norm = sqrt((1 - amount) ** 2 + amount**2)
        mine, theirs = (1 - amount) / norm, amount / norm
        grains = [replace(one, weight=one.weight * mine) for one in self.grains]
        grains += [replace(one, weight=one.weight * theirs) for one in other.grains]
        kept = tuple(one for one in grains if one.weight)
        return Draw(mine * self.normal + theirs * other.normal, kept)


def between_classes(one: Latent, other: Latent, amount: float, *, code_only: bool) -> Latent:
    """amount 0..1 of the way from one class to another under the same style (P1 Figure 5).

    Code, constant and style go together. The style too: the same normal numbers are another z
    under another class's prior; with the paper's N(0, I) both are one z. code_only: the constant
    and z stay those of the first class (SPEC section 1). Both ends are exact.
    """
    code = _line(one.code, other.code, amount)
    if code_only:
        return replace(one, code=code)
    return replace(
        one,
        code=code,
        value=(1 - amount) * one.value + amount * other.value,
        z=_line(one.z, other.z, amount),
        fine=_line(one.fine, other.fine, amount),
    )


def style_of(prior: Prior, index: int, normal: Tensor, truncation: float) -> Tensor:
    """z (nz,) of class `index`: truncation 0 is its mean, 1 as drawn (StyleGAN's psi, in z)."""
    return prior.style(index, truncation * normal)


def normal_of(prior: Prior, index: int, z: Tensor) -> Tensor:
    """The normal numbers (nz,) that the prior turns into z (nz,)."""
    centred = (z - prior.mean[index])[:, None]
    solved: Tensor = torch.linalg.solve_triangular(prior.factor[index], centred, upper=False)
    return solved[:, 0]


def noise(latents: Sequence[Latent], shapes: list[tuple[int, int]]) -> list[Tensor]:
    """Noise planes (B, 1, h, w) of every block, one content a latent."""
    planes = [_noise(one, shapes) for one in latents]
    return [torch.cat(level) for level in zip(*planes, strict=True)]


def _noise(latent: Latent, shapes: list[tuple[int, int]]) -> list[Tensor]:
    total = [torch.zeros(1, 1, h, w) for h, w in shapes]
    for grain in latent.grains:
        rng = torch.Generator().manual_seed(grain.seed)
        torch.randn(len(latent.z), generator=rng)  # the seed's style comes first
        drawn = draw_noise(shapes, 1, rng)
        total = [level + grain.weight * plane for level, plane in zip(total, drawn, strict=True)]
    return total


@contextmanager
def fine_code(net: Generator, code: Tensor) -> Iterator[None]:
    """Within, the fine layers are modulated by `code` (B, N + nz) whatever the network is given.

    Style mixing as in StyleGAN (Karras et al. 2019, section 3.1).
    """

    def swap(_: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        x, _coarse, *rest = given
        return (x, code, *rest)

    layers = [*net.blocks[FINE:], net.last_norm]
    handles = [layer.register_forward_pre_hook(swap) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _line(one: Tensor, other: Tensor, amount: float) -> Tensor:
    return (1 - amount) * one + amount * other
