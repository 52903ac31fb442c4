"""The moving average of weights."""

import torch
from torch import nn

from defectstudio.networks.ema import Ema


def test_ema_follows_slowly_and_is_frozen():
    net = nn.Linear(2, 2)
    ema = Ema(net, decay=0.9)
    before = ema.module.weight.clone()
    with torch.no_grad():
        net.weight.add_(1.0)
    ema.update(net, step=10_000)
    assert torch.allclose(ema.module.weight, before + 0.1)
    assert not any(p.requires_grad for p in ema.module.parameters())


def test_early_steps_have_a_short_memory():
    net = nn.Linear(1, 1)
    ema = Ema(net, decay=0.999)
    before = ema.module.weight.clone()
    with torch.no_grad():
        net.weight.add_(1.0)
    ema.update(net, step=0)
    assert torch.allclose(ema.module.weight, before + 0.9)
