"""Losses of the rivals as functions of tensors."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def mean_inside(values: Tensor, alpha: Tensor) -> Tensor:
    """Mean of values (B, K, h, w) where content lies, by image, (B,).

    alpha (B, 1, H, W) in [0, 1], taken at the values' scale. Our reading for contents on a
    constant key: a plain mean would be one of the empty background, where all images agree.
    """
    weights = functional.adaptive_max_pool2d(alpha.float(), (values.shape[2], values.shape[3]))
    weights = weights + 1e-4
    means = (values.float().mean(dim=1, keepdim=True) * weights).sum(dim=(1, 2, 3))
    inside: Tensor = means / weights.sum(dim=(1, 2, 3))
    return inside


def l1(one: Tensor, other: Tensor) -> Tensor:
    """Mean |one - other| inside the content; (B, C + 1, H, W) each, with the same alpha."""
    return mean_inside((one - other)[:, :-1].abs(), one[:, -1:].detach()).mean()


def least_squares(logits: Tensor, target: float, alpha: Tensor) -> Tensor:
    """LSGAN: (D - target)^2 (Mao et al. 2017, eq. 2; CycleGAN section 4)."""
    return mean_inside((logits - target).square(), alpha).mean()


def r1(logits: Tensor, real: Tensor) -> Tensor:
    """||grad D(real)||^2, mean over the batch (Mescheder et al. 2018, eq. 9); its graph is kept.

    logits (B, ...) of D(real), real (B, C + 1, H, W) requires its gradient.
    """
    (grad,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    penalty: Tensor = grad.square().sum(dim=(1, 2, 3)).mean()
    return penalty


def one_lipschitz(scores: Tensor, mixed: Tensor) -> Tensor:
    """WGAN-GP: (||grad D(x_hat)|| - 1)^2, mean over the batch (Gulrajani et al. 2017, eq. 3).

    scores (B,) of D(mixed), mixed (B, C + 1, H, W) requires its gradient; the graph is kept.
    """
    (grad,) = torch.autograd.grad(scores.sum(), mixed, create_graph=True)
    penalty: Tensor = (grad.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty
