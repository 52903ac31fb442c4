"""Differentiable augmentation for the discriminator (Zhao et al. 2020), zero fill."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from defectstudio.training.parallel import share


class Augment:
    """One random translation and cut-out, the same for every image it is called on.

    Real and fake of a step are augmented alike, so that reconstruction pairs stay pairs. What
    moves in from outside is the key colour with alpha 0, like any background of a content.
    batch: the images of all processes.
    """

    def __init__(self, batch: int, height: int, width: int, rng: torch.Generator) -> None:
        shift = torch.rand(batch, 2, generator=rng) * 2 - 1
        self.theta = torch.zeros(batch, 2, 3)
        self.theta[:, 0, 0] = self.theta[:, 1, 1] = 1
        pixels = torch.round(shift * torch.tensor([width / 8, height / 8]))
        self.theta[:, :, 2] = pixels * 2 / torch.tensor([width, height])
        centre = torch.rand(batch, 2, generator=rng)
        rows = torch.arange(height).view(1, -1, 1) / height
        cols = torch.arange(width).view(1, 1, -1) / width
        hole = (rows - centre[:, 0, None, None]).abs() < 0.125
        hole = hole & ((cols - centre[:, 1, None, None]).abs() < 0.125)
        hole &= torch.rand(batch, 1, 1, generator=rng) < 0.5
        self.keep = share((~hole).float().unsqueeze(1))
        self.theta = share(self.theta)

    def __call__(self, image: Tensor) -> Tensor:
        """image (B, C + 1, H, W), key -1 in the content planes and 0 in alpha -> the same."""
        lifted = torch.cat([image[:, :-1] + 1, image[:, -1:]], dim=1)
        grid = functional.affine_grid(self.theta.to(image), list(image.shape), align_corners=False)
        moved = functional.grid_sample(lifted, grid, mode="nearest", align_corners=False)
        moved = moved * self.keep.to(image)
        return torch.cat([moved[:, :-1] - 1, moved[:, -1:]], dim=1)
