"""The floor of a network's time: its convolutions and linear layers alone, on the same shapes."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Call:
    """One call of a layer: which layer, the input's shape, and where gradients go."""

    layer: nn.Module
    shape: tuple[int, ...]
    to_input: bool
    to_weight: bool


def recorded(run: Callable[[], object]) -> Counter[Call]:
    """Every call of a convolution or linear layer while `run` runs, and how often."""
    calls: Counter[Call] = Counter()

    def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        grad = torch.is_grad_enabled()
        learns = any(own.requires_grad for own in layer.parameters())
        shape = tuple(inputs[0].shape)
        to_input, to_weight = grad and inputs[0].requires_grad, grad and learns
        calls[Call(layer, shape, to_input, to_weight)] += 1

    with _hooked(note):
        run()
    return calls


@contextmanager
def _hooked(note: Callable[[nn.Module, tuple[Tensor, ...]], None]) -> Iterator[None]:
    def any_module(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            note(layer, inputs)

    handle = nn.modules.module.register_module_forward_pre_hook(any_module)
    try:
        yield
    finally:
        handle.remove()


def bare(calls: Counter[Call]) -> None:
    """The layers alone: forward, and backward to where the step's gradients go."""
    for call, count in calls.items():
        # Where weights are normed they are no leaf: the bare layer starts from their values.
        weight = call.layer.weight.detach().requires_grad_(call.to_weight)
        bias = None if call.layer.bias is None else call.layer.bias.detach()
        for _ in range(count):
            x = torch.zeros(call.shape)
            if len(call.shape) == 4:
                x = x.contiguous(memory_format=torch.channels_last)
            x.requires_grad_(call.to_input)
            wanted = [x] * call.to_input + [weight] * call.to_weight
            with torch.set_grad_enabled(bool(wanted)):
                y = _forward(call.layer, x, weight, bias)
            if wanted:
                torch.autograd.grad(y, wanted, torch.ones_like(y))


def _forward(layer: nn.Module, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if isinstance(layer, nn.Conv2d):
        stride, padding, groups = layer.stride, layer.padding, layer.groups
        return nn.functional.conv2d(x, weight, bias, stride, padding, groups=groups)
    return nn.functional.linear(x, weight, bias)


def environment(threads: int) -> dict[str, Any]:
    """What the figures hold for."""
    return {
        "cpu": platform.processor() or platform.machine(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "torch": str(torch.__version__),
        "threads": threads,
        "load": os.getloadavg()[0],
    }


def multiply_adds(calls: Counter[Call]) -> int:
    """Of the forward passes of all calls."""
    total = 0
    for call, count in calls.items():
        weight = call.layer.weight
        places = 1
        if isinstance(call.layer, nn.Conv2d):
            sides = zip(call.shape[2:], call.layer.stride, strict=True)
            for side, stride in sides:
                places *= -(-side // int(stride))
        total += count * call.shape[0] * places * weight.numel()
    return total
