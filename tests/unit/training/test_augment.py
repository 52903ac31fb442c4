"""Differentiable augmentation."""

import torch

from defectstudio.training.augment import Augment


def image():
    x = torch.full((4, 4, 32, 48), -1.0)
    x[:, -1] = 0
    x[:, :-1, 8:24, 10:30] = 0.5
    x[:, -1, 8:24, 10:30] = 1
    return x


def test_values_stay_content_or_key():
    out = Augment(4, 32, 48, torch.Generator().manual_seed(0))(image())
    alpha = out[:, -1:]
    assert set(alpha.unique().tolist()) <= {0.0, 1.0}
    content = out[:, :-1]
    assert torch.allclose(content, torch.where(alpha > 0, 0.5, -1.0).expand_as(content), atol=1e-6)


def test_the_same_instance_moves_every_image_alike():
    augment = Augment(4, 32, 48, torch.Generator().manual_seed(1))
    assert torch.equal(augment(image()), augment(image()))
    assert not torch.equal(augment(image()), image())


def test_gradients_flow():
    x = image().requires_grad_(True)
    Augment(4, 32, 48, torch.Generator().manual_seed(1))(x).sum().backward()
    assert x.grad.abs().sum() > 0
