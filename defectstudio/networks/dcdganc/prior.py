"""What a style z is drawn from at test time."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Prior(NamedTuple):
    """A Gaussian of z for every class: mean (N, nz) and lower Cholesky factor (N, nz, nz)."""

    mean: Tensor
    factor: Tensor

    def style(self, index: int, normal: Tensor) -> Tensor:
        """normal (nz,) from N(0, I) -> z (nz,) of class `index`."""
        z: Tensor = self.mean[index] + self.factor[index] @ normal
        return z


class RunningPrior(nn.Module):
    """The aggregated posterior of every class while it moves: averages over the last steps.

    Samples of a training step are drawn from it, so that training judges the styles that will be
    drawn later. Starts at N(0, I).
    """

    mean: Tensor
    square: Tensor

    def __init__(self, classes: int, nz: int, decay: float = 0.98) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(classes, nz))
        self.register_buffer("square", torch.eye(nz).repeat(classes, 1, 1))
        self.decay = decay

    @torch.no_grad()
    def update(self, cls: Tensor, mu: Tensor, log_variance: Tensor) -> None:
        """cls (B,), mu and log_variance (B, nz) of one batch."""
        square = mu[:, :, None] * mu[:, None] + torch.diag_embed(log_variance.exp())
        for index in set(cls.tolist()):
            own = cls == index
            self.mean[index].lerp_(mu[own].mean(dim=0), 1 - self.decay)
            self.square[index].lerp_(square[own].mean(dim=0), 1 - self.decay)

    @torch.no_grad()
    def draw(self, cls: Tensor, normal: Tensor) -> Tensor:
        """normal (B, nz) from N(0, I) -> z (B, nz) of the classes cls (B,)."""
        spread = self.square - self.mean[:, :, None] * self.mean[:, None]
        ridge = 1e-3 * torch.eye(self.mean.shape[1], device=spread.device)
        factor = torch.linalg.cholesky(spread + ridge)[cls]
        z: Tensor = self.mean[cls] + (factor @ normal[:, :, None])[:, :, 0]
        return z


def standard(classes: int, nz: int) -> Prior:
    """The paper's N(0, I), the same for every class."""
    return Prior(torch.zeros(classes, nz), torch.eye(nz).repeat(classes, 1, 1))


def aggregated(mu: list[Tensor], log_variance: list[Tensor]) -> Prior:
    """Moments of the aggregated posterior of every class; each list entry is (n, nz), n >= 1.

    Our reading of "N(0, I)": with a few dozen images the encoder's posterior leaves holes in
    N(0, I), and another class's styles show through them (Tomczak and Welling 2018, eq. 4, on why
    the aggregated posterior is the better prior). Covariance of the means plus the mean variance.
    """
    means = torch.stack([m.mean(dim=0) for m in mu])
    factors = [_factor(m, v.exp()) for m, v in zip(mu, log_variance, strict=True)]
    return Prior(means, torch.stack(factors))


def _factor(mu: Tensor, variance: Tensor) -> Tensor:
    centred = (mu - mu.mean(dim=0)).double()
    covariance = centred.T @ centred / len(mu) + torch.diag(variance.double().mean(dim=0))
    factor: Tensor = torch.linalg.cholesky(covariance)
    return factor.to(mu.dtype)
