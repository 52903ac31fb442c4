"""The generator's source input: class constants (P1 eq. 1), with or without a painted mask."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

NO_DEFECT = -1.0
"""The value outside a painted mask; eq. (1) never takes it since n starts at 1 (SPEC section 1)."""


def class_values(class_ids: Sequence[int]) -> dict[int, float]:
    """Constant of every class by eq. (1): n * 2 / N - 1 for n = 1..N in the order given."""
    count = len(class_ids)
    return {class_id: 2.0 * n / count - 1.0 for n, class_id in enumerate(class_ids, start=1)}


def constant_map(values: Tensor, height: int, width: int) -> Tensor:
    """values (B,) -> (B, 1, H, W), the class constant everywhere (the paper's source)."""
    return values.view(-1, 1, 1, 1).expand(-1, 1, height, width)


def mask_map(values: Tensor, mask: Tensor) -> Tensor:
    """values (B,), mask (B, 1, H, W) in {0, 1} -> (B, 2, H, W).

    First plane: the class constant inside the mask, -1 outside; second plane: the mask.
    """
    inside = values.view(-1, 1, 1, 1)
    return torch.cat([torch.where(mask > 0.5, inside, NO_DEFECT), mask], dim=1)
