"""Initial weights against the closed form."""

import pytest
import torch
from torch import nn

from defectstudio.networks.initial import keep_variance


def test_variance_is_that_of_he_et_al():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(64, 128, 3), nn.Linear(300, 200))
    keep_variance(net)
    for layer, fan_in in ((net[0], 64 * 9), (net[1], 300)):
        assert float(layer.weight.detach().var()) == pytest.approx(2 / (1.04 * fan_in), rel=0.05)
        assert float(layer.bias.detach().abs().max()) == 0
