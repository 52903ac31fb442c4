"""What the tasks share: their state, their random numbers, their pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from defectstudio.domain.errors import JobError
from defectstudio.training import parallel
from defectstudio.training.checkpoints import load_optimizer, optimizer_tensors

Batch = dict[str, Tensor]
Log = dict[str, Tensor]
Nets = Mapping[str, nn.Module]
Optimizers = Mapping[str, torch.optim.Optimizer]

SHOWN = 8
"""Columns of the preview grid."""


def step_rng(seed: int, step: int) -> torch.Generator:
    """The random numbers of a step: they follow from (seed, step) alone."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % (1 << 63))


def update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the gradient of a loss."""
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    parallel.average(p.grad for group in optimizer.param_groups for p in group["params"])
    optimizer.step()


def set_rate(
    optimizer: torch.optim.Optimizer, rate: float, step: int, steps: int, decay: float
) -> None:
    """The learning rate of a step: it falls as (1 - t / steps) to a power (Chen et al. 2018)."""
    for group in optimizer.param_groups:
        group["lr"] = rate * max(0.0, 1 - step / steps) ** decay


def finite(log: Log, step: int) -> dict[str, float]:
    """The losses as numbers. Raises JobError when one is none."""
    # One transfer for all: each would wait for the device by itself.
    all_of_them = torch.stack(list(log.values())).detach()
    parallel.average([all_of_them])
    values = dict(zip(log, all_of_them.tolist(), strict=True))
    if not all(map(math.isfinite, values.values())):
        raise JobError(
            "the training diverged: a loss is no number",
            subject=f"step {step}",
            remedy="Lower learning_rate and start anew.",
        )
    return values


def state_of(nets: Nets, optimizers: Optimizers) -> dict[str, Tensor]:
    """Weights and buffers of the networks and the optimizers' moments, by name."""
    tensors: dict[str, Tensor] = {}
    for name, net in nets.items():
        tensors |= {f"net.{name}.{key}": value for key, value in net.state_dict().items()}
    for name, optimizer in optimizers.items():
        tensors |= optimizer_tensors(f"opt.{name}", optimizer)
    return tensors


def put_back(tensors: Mapping[str, Tensor], nets: Nets, optimizers: Optimizers) -> None:
    """Load what `state_of` gave."""
    for name, net in nets.items():
        prefix = f"net.{name}."
        own = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
        net.load_state_dict(own)
    for name, optimizer in optimizers.items():
        load_optimizer(f"opt.{name}", optimizer, tensors)


def picture(image: Tensor) -> np.ndarray:
    """(C + 1, H, W), content on the black key in [-1, 1] and alpha -> uint8 RGB, over mid grey."""
    alpha = image[-1:].clamp(0, 1)
    shown = ((image[:-1] + 1) / 2 + 0.5 * (1 - alpha)).clamp(0, 1)
    rgb = shown.expand(3, -1, -1).permute(1, 2, 0).float().cpu().numpy()
    return np.asarray(np.round(rgb * 255), np.uint8)
