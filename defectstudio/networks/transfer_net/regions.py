"""What lies in and around a masked region."""

from __future__ import annotations

import torch
from torch import Tensor

from defectstudio.networks.transfer_net.losses import at_scale

AROUND_PX = 32
"""Kept around a mask, since the deep layers of a feature network look at it too."""
CELL = 16
"""Sides of a window are multiples of this."""


def around_masks(*images: Tensor) -> list[Tensor]:
    """The part of images (B, C, H, W) around their masks, the last of them: all of one size."""
    mask = images[-1]
    height, width = mask.shape[2:]
    rows, columns = mask.amax(dim=(1, 3)) > 0, mask.amax(dim=(1, 2)) > 0
    spans = [(_span(r), _span(c)) for r, c in zip(rows, columns, strict=True)]
    size = [
        min(full, -(-(max(span[axis][1] for span in spans) + 2 * AROUND_PX) // CELL) * CELL)
        for axis, full in enumerate((height, width))
    ]
    origins = [
        [
            min(max(0, start + (length - size[axis]) // 2), (height, width)[axis] - size[axis])
            for axis, (start, length) in enumerate(span)
        ]
        for span in spans
    ]
    return [
        torch.stack(
            [
                own[:, top : top + size[0], left : left + size[1]]
                for own, (top, left) in zip(image, origins, strict=True)
            ]
        )
        for image in images
    ]


def _span(present: Tensor) -> tuple[int, int]:
    """First and number of places from the first to the last that is true."""
    places = present.nonzero()
    first = int(places[0])
    return first, int(places[-1]) - first + 1


def style_code(maps: list[Tensor], mask: Tensor) -> Tensor:
    """Mean and deviation of every channel of maps (C, h, w) in the mask (1, 1, H, W), each map's
    scaled to a deviation of 1: which style a reference has, whatever the layer's own range."""
    parts = []
    for x in maps:
        inside = at_scale(mask, x.shape[1:])[0, 0] > 0
        values = x[:, inside]
        for own in (values.mean(dim=1), values.std(dim=1, correction=0)):
            parts.append((own - own.mean()) / own.std().clamp_min(1e-6))
    return torch.cat(parts)
