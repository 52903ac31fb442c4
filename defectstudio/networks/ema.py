"""Exponential moving average of weights."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)


class Ema(Generic[Module]):
    """A frozen copy of a module that follows its weights: w <- decay * w + (1 - decay) * w_new."""

    def __init__(self, module: Module, decay: float) -> None:
        self.module = copy.deepcopy(module).requires_grad_(False).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, module: Module, step: int) -> None:
        """Follow `module`; early steps use a shorter memory, min(decay, (1 + t) / (10 + t))."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for mine, new in zip(self.module.parameters(), module.parameters(), strict=True):
            mine.lerp_(new.detach(), 1.0 - decay)
        for kept, buffer in zip(self.module.buffers(), module.buffers(), strict=True):
            kept.copy_(buffer)
