"""Losses of the rivals against hand calculations."""

import pytest
import torch

from defectstudio.networks.baselines import losses


def half(value):
    """(1, 2, 4, 4): `value` on the key, alpha 1 in the left half."""
    image = torch.zeros(1, 2, 4, 4)
    image[:, 0, :, :2] = value
    image[:, 1, :, :2] = 1
    return image


def test_a_mean_inside_counts_where_content_lies():
    values = torch.zeros(1, 1, 4, 4)
    values[..., :2], values[..., 2:] = 3.0, 100.0
    assert float(losses.mean_inside(values, half(1)[:, 1:])) == pytest.approx(3.0, abs=0.02)
    # at a quarter of the size every value that touches content counts
    small = torch.tensor([[[[5.0, 7.0]]]])
    assert float(losses.mean_inside(small, half(1)[:, 1:])) == pytest.approx(5.0, abs=0.01)


def test_l1_is_of_the_content_alone():
    assert float(losses.l1(half(0.5), half(0.2))) == pytest.approx(0.3, abs=1e-3)


def test_least_squares():
    logits = torch.full((1, 1, 4, 4), 0.25)
    assert float(losses.least_squares(logits, 1.0, half(1)[:, 1:])) == pytest.approx(0.5625)
    assert float(losses.least_squares(logits, 0.0, half(1)[:, 1:])) == pytest.approx(0.0625)


def test_r1_of_a_linear_function_is_its_squared_slope():
    real = torch.randn(3, 2, 4, 4, requires_grad=True)
    slope = torch.randn(2, 4, 4)
    penalty = losses.r1((real * slope).sum(dim=(1, 2, 3)), real)
    assert torch.allclose(penalty, slope.square().sum())


def test_one_lipschitz_of_a_linear_function():
    mixed = torch.randn(3, 2, 4, 4, requires_grad=True)
    slope = torch.randn(2, 4, 4)
    scores = (mixed * slope / slope.norm() * 3).sum(dim=(1, 2, 3))
    assert float(losses.one_lipschitz(scores, mixed)) == pytest.approx(4.0, rel=1e-5)
