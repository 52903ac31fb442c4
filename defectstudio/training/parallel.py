"""Training by several processes, each on its share of every batch, which stay equal.

Every process draws the whole batch and all random numbers of a step, as one alone would, and takes
the rows of its rank. Gradients are averaged by hand after `backward`, not by the hooks of
torch's DistributedDataParallel: a penalty's second derivative is then local like any other. What
ties the images of a batch together - ratios over all pixels, batch norms, running statistics - is
summed over the processes. Alone, all of it does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed, nn

_ALONE = [0]
"""How many callers want their work done by themselves (`alone`)."""


def size() -> int:
    """How many processes train together; 1 where nobody else does."""
    return distributed.get_world_size() if distributed.is_initialized() and not _ALONE[0] else 1


def rank() -> int:
    """Which of them this is."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def leads() -> bool:
    """Whether this process writes, shows and tells."""
    return rank() == 0


@contextmanager
def alone() -> Iterator[None]:
    """What one process does without the others."""
    _ALONE[0] += 1
    try:
        yield
    finally:
        _ALONE[0] -= 1


def share(rows: Tensor) -> Tensor:
    """This process's part of the rows, whose number `size` divides."""
    if size() == 1:
        return rows
    own = len(rows) // size()
    return rows[rank() * own : (rank() + 1) * own]


def gathered(rows: Tensor) -> Tensor:
    """The rows of all processes, in order; no gradient goes through."""
    if size() == 1:
        return rows
    parts = [torch.empty_like(rows.detach().contiguous()) for _ in range(size())]
    distributed.all_gather(parts, rows.detach().contiguous())
    return torch.cat(parts)


def summed(x: Tensor) -> Tensor:
    """The sum over the processes, through which gradients go."""
    return x if size() == 1 else _Summed.apply(x)


class _Summed(torch.autograd.Function):
    """Every process has the sum, so that each one's gradient comes from all of them."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, grad: Tensor) -> Tensor:
        total = grad.clone()
        distributed.all_reduce(total)
        return total


def average(tensors: Iterable[Tensor | None]) -> None:
    """Replace tensors, gradients say, by their means over the processes."""
    own = [tensor for tensor in tensors if tensor is not None]
    if size() == 1 or not own:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in own])
    distributed.all_reduce(flat)
    parts = torch.split(flat / size(), [tensor.numel() for tensor in own])
    for tensor, part in zip(own, parts, strict=True):
        tensor.copy_(part.view(tensor.shape))


def agreed(choices: Sequence[str], mine: str, device: torch.device) -> str:
    """What the leading process chose."""
    if size() == 1:
        return mine
    chosen = torch.tensor([choices.index(mine)], device=device)
    distributed.broadcast(chosen, 0)
    return choices[int(chosen)]


def share_norms(net: nn.Module) -> None:
    """Let the batch norms of a network see the whole batch."""
    for module in net.modules() if size() > 1 else ():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SharedBatchNorm


class SharedBatchNorm(nn.BatchNorm2d):
    """A batch norm over the batches of all processes, on any device."""

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> the same."""
        if not self.training or size() == 1:
            return super().forward(x)
        exact = x.to(torch.promote_types(x.dtype, torch.float32))
        count = size() * x.numel() // x.shape[1]
        mean = summed(exact.sum(dim=(0, 2, 3))) / count
        centred = exact - mean[:, None, None]
        variance = summed(centred.square().sum(dim=(0, 2, 3))) / count
        with torch.no_grad():
            assert self.running_mean is not None and self.running_var is not None
            assert self.momentum is not None and self.num_batches_tracked is not None
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean.to(self.running_mean), self.momentum)
            unbiased = variance * (count / max(1, count - 1))
            self.running_var.lerp_(unbiased.to(self.running_var), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        out = centred * scale[:, None, None] + self.bias[:, None, None]
        return out.to(x.dtype)
