"""What a style z is drawn from at test time."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Prior(NamedTuple):
    """A Gaussian of z for every class: mean (N, nz) and lower Cholesky factor (N, nz, nz)."""

    mean: Tensor
    factor: Tensor

    def style(self, index: int, normal: Tensor) -> Tensor:
        """normal (nz,) from N(0, I) -> z (nz,) of class `index`."""
        z: Tensor = self.mean[index] + self.factor[index] @ normal
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
