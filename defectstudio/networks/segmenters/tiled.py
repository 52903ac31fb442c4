"""Segmenters on images of any size."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.imaging.tiling import Joined, feather, tiles
from defectstudio.imaging.types import Unit
from defectstudio.networks.segmenters.encoders import STRIDES

TILE, OVERLAP, MARGIN = 512, 192, 32
"""Sides in pixels of the tiles of larger images, what they share, and what is not used of them."""


@torch.no_grad()
def predicted(net: nn.Module, image: Unit, device: torch.device) -> Unit:
    """Logits (H, W, outputs) of an image (H, W, C) in [0, 1]; net in evaluation mode."""
    if max(image.shape[:2]) <= TILE:
        return _whole(net, image, device)
    joined = None
    for box in tiles(image.shape, TILE, OVERLAP):
        made = _whole(net, image[box.slices], device)
        joined = joined or Joined((*image.shape[:2], made.shape[2]))
        joined.add(made, box, feather(box, image.shape, OVERLAP, MARGIN))
    assert joined is not None, "an image has a tile"
    return joined.mean()


def _whole(net: nn.Module, image: Unit, device: torch.device) -> Unit:
    height, width = image.shape[:2]
    planes = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].to(device)
    logits: Tensor = net(padded(planes).contiguous(memory_format=torch.channels_last))
    found = logits[0, :, :height, :width].float().cpu().numpy()
    return np.ascontiguousarray(found.transpose(1, 2, 0))


def padded(image: Tensor) -> Tensor:
    """image (B, C, H, W) mirrored below and to the right to multiples of the deepest stride, and
    the edge repeated where it is too small to mirror."""
    grain = STRIDES[-1]
    missing = [-side % grain for side in image.shape[2:]]
    for axis, more in enumerate(missing):
        mode = "reflect" if more < image.shape[2 + axis] else "replicate"
        edges = (0, 0, 0, more) if axis == 0 else (0, more, 0, 0)
        image = functional.pad(image, edges, mode=mode)
    return image
