"""Features of pictures: pooled vectors, and distances in the manner of LPIPS.

Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric, CVPR 2018,
eq. (1), without its learned weights: every map's channels are scaled to unit length at each
pixel, the squared differences are averaged over the pixels and summed over the maps. It is not
LPIPS and is named after what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.types import Mask, Unit
from defectstudio.networks.features.registry import FeatureNetwork

BATCH = 16
_EPS = 1e-10
Maps = list[Tensor]
"""One tensor a depth, (N, C, H, W), channels of unit length (0 where the map is 0)."""


def distance_name(network: FeatureNetwork) -> str:
    """What a report calls `pairwise`."""
    return f"lpips-style distance, unweighted, {network.name}"


def pooled(network: FeatureNetwork, images: Unit, side: int) -> NDArray[np.float32]:
    """Feature vectors (N, D): the top map averaged over the picture.

    images: float32 (N, H, W) or (N, H, W, C) in [0, 1], C 1 or 3; they are resized to side x side.
    """
    tops = [top.mean(dim=(2, 3)).cpu().numpy() for _, top in _run(network, images, side)]
    return np.concatenate(tops)


def unit_maps(network: FeatureNetwork, images: Unit, side: int) -> Maps:
    """The maps of `images` (see `pooled`) for `pairwise`, on the CPU."""
    batches = [maps for maps, _ in _run(network, images, side)]
    return [torch.cat([_unit(maps[n]).cpu() for maps in batches]) for n in range(len(batches[0]))]


def pooled_inside(
    network: FeatureNetwork, images: Unit, masks: Mask, side: int
) -> NDArray[np.float32]:
    """Vectors (N, D): every map averaged over the mask (N, H, W), one depth after the other.

    What is outside counts as far as the network's own windows look over the mask's rim.
    """
    found, first = [], 0
    for maps, _ in _run(network, images, side):
        own = masks[first : first + len(maps[0])]
        weights = [_shrunk(own, each.shape[2:]).to(each.device) for each in maps]
        sums = [(x * w).sum(dim=(2, 3)) for x, w in zip(maps, weights, strict=True)]
        means = [s / w.sum(dim=(2, 3)).clamp_min(_EPS) for s, w in zip(sums, weights, strict=True)]
        found.append(torch.cat(means, dim=1).cpu().numpy())
        first += len(own)
    return np.concatenate(found)


def pairwise(
    one: Maps, other: Maps, masks: tuple[Mask, Mask] | None = None, *, shared: bool = False
) -> NDArray[np.float32]:
    """Distances (N, M) of all pairs, at least 0, 0 for equal pictures.

    masks: of both, bool (N, H, W) and (M, H, W) of any size; then only the pixels of either mask
    count, by the share of each feature pixel that the masks cover: w = u + v - u v, or, `shared`,
    only those of both: w = u v, so that the masks' shapes do not count. A pair without a pixel to
    count has distance 0.
    """
    total = torch.zeros(len(one[0]), len(other[0]), dtype=torch.float64)
    for a, b in zip(one, other, strict=True):
        if masks is None:
            ones = torch.ones(1, 1, *a.shape[2:])
            u, v = ones.expand(len(a), -1, -1, -1), torch.zeros(len(b), 1, *b.shape[2:])
        else:
            u, v = (_shrunk(mask, a.shape[2:]) for mask in masks)
        total += _inside_both(a, b, u, v) if shared else _weighted(a, b, u, v)
    found: NDArray[np.float32] = total.clamp_min(0).numpy().astype(np.float32)
    return found


def _weighted(a: Tensor, b: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Mean over pixels, weights w = u + v - u v, of |a - b|^2 for all pairs, by matrix products.

    a (N, C, H, W), b (M, C, H, W), u (N, 1, H, W), v (M, 1, H, W) -> float64 (N, M).
    """
    p, q = (a * a).sum(1, keepdim=True), (b * b).sum(1, keepdim=True)
    every = torch.ones_like(u)
    squares = _dot(u * p, 1 - v) + _dot(p, v) + _dot(u, (1 - v) * q) + _dot(every, v * q)
    products = _dot(u * a, (1 - v) * b) + _dot(a, v * b)
    weight = _dot(u, 1 - v) + _dot(every, v)
    return (squares - 2 * products) / weight.clamp_min(_EPS)


def _inside_both(a: Tensor, b: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """As `_weighted`, with weights w = u v."""
    p, q = (a * a).sum(1, keepdim=True), (b * b).sum(1, keepdim=True)
    squares = _dot(u * p, v) + _dot(u, v * q)
    return (squares - 2 * _dot(u * a, v * b)) / _dot(u, v).clamp_min(_EPS)


def _dot(x: Tensor, y: Tensor) -> Tensor:
    return (x.flatten(1) @ y.flatten(1).T).double()


def _shrunk(mask: Mask, size: Sequence[int]) -> Tensor:
    """The share of each of size[0] x size[1] cells that a mask (N, H, W) covers, (N, 1, h, w)."""
    return F.adaptive_avg_pool2d(torch.from_numpy(mask).float()[:, None], (size[0], size[1]))


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(1, keepdim=True).sqrt() + _EPS)


@torch.no_grad()
def _run(network: FeatureNetwork, images: Unit, side: int) -> Iterator[tuple[list[Tensor], Tensor]]:
    """The network's maps and top of `images`, batch by batch of a fixed size."""
    inputs = _planes(images)
    mean = torch.tensor(network.mean).view(1, 3, 1, 1)
    std = torch.tensor(network.std).view(1, 3, 1, 1)
    for first in range(0, len(inputs), BATCH):
        batch = inputs[first : first + BATCH]
        if batch.shape[2:] != (side, side):
            batch = F.interpolate(
                batch, (side, side), mode="bilinear", antialias=True, align_corners=False
            )
        batch = ((batch - mean) / std).contiguous(memory_format=torch.channels_last)
        yield network.net(batch.to(network.device))


def _planes(images: Unit) -> Tensor:
    """(N, H, W) or (N, H, W, C) -> (N, 3, H, W), grey repeated."""
    stack = images if images.ndim == 4 else images[..., None]
    if stack.ndim != 4 or stack.shape[3] not in (1, 3) or len(stack) == 0:
        raise ImageError(
            f"pictures of shape {images.shape} have no features",
            remedy="Pass at least one picture, (N, H, W) or (N, H, W, C) with C 1 or 3.",
        )
    planes = torch.from_numpy(np.ascontiguousarray(stack, np.float32)).permute(0, 3, 1, 2)
    return planes.expand(-1, 3, -1, -1).contiguous()
