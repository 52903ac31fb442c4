"""Losses of DST inside masks of any size (P2 eqs. 1, 2, 4, 5; SPEC section 4).

Statistics are divided by channels times masked pixels, so that regions of different size compare.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

_SHARES = (0.5, 0.1)
_FLAT = 0.01
"""Of the mean square of what hardly varies, in place of its variance."""


def at_scale(mask: Tensor, size: Sequence[int]) -> Tensor:
    """mask (B, 1, H, W) of 0 and 1 at a layer's size, (B, 1, h, w) of 0 and 1.

    A cell belongs to the mask where half of it is covered; of a mask that covers no cell so far,
    where a tenth is, or anything. A thin scratch vanishes at no layer: of a mask that is not
    empty some cell is always left.
    """
    cover = functional.adaptive_avg_pool2d(mask, (int(size[0]), int(size[1])))
    most = cover.amax(dim=(1, 2, 3), keepdim=True)
    least = torch.full_like(most, torch.finfo(most.dtype).tiny)
    for share in reversed(_SHARES):
        least = torch.where(most >= share, share, least)
    return (cover >= least).to(mask.dtype)


def content(made: Tensor, wanted: Tensor, mask: Tensor) -> Tensor:
    """Eq. (1) of features (B, C, h, w) in the mask (B, 1, h, w), mean over the batch."""
    return _mean_inside((made - wanted).square(), mask)


def gram(features: Tensor, mask: Tensor) -> Tensor:
    """(B, C, C): psi psi^T / (C n), psi the n masked pixels of features (B, C, h, w)."""
    psi = (features * mask).flatten(2)
    pixels = features.shape[1] * mask.sum(dim=(1, 2, 3)).clamp_min(1)
    return psi @ psi.transpose(1, 2) / pixels[:, None, None]


def style(made: Tensor, wanted: Tensor) -> Tensor:
    """Eq. (2): squared Frobenius distance of Gram matrices (B, C, C), mean over the batch."""
    return (made - wanted).square().sum(dim=(1, 2)).mean()


def texture(made: Tensor, wanted: Tensor) -> Tensor:
    """As `style`, in units of the squared norm of each wanted matrix; ours, not the paper's."""
    apart, whole = (x.square().sum(dim=(1, 2)) for x in (made - wanted, wanted))
    return (apart / whole.clamp_min(1e-8)).mean()


def total_variation(image: Tensor, mask: Tensor) -> Tensor:
    """Eq. (5): squared differences of neighbours of which one at least is masked, summed.

    image (B, C, H, W), mask (B, 1, H, W); mean over the batch. The seam belongs to it: it is what
    the paper wants smooth.
    """
    total = image.new_zeros(())
    for dim in (2, 3):
        first, second = (x.narrow(dim, 0, x.shape[dim] - 1) for x in (image, mask))
        next_, own = (x.narrow(dim, 1, x.shape[dim] - 1) for x in (image, mask))
        total = total + ((next_ - first).square() * torch.maximum(second, own)).sum()
    return total / len(image)


def quantiles(features: Tensor, mask: Tensor, most: int) -> Tensor:
    """Sorted masked values (C, n) of features (C, h, w), at most so many of a channel."""
    return thinned(features[:, mask[0] > 0].sort(dim=1).values, most)


def thinned(values: Tensor, most: int) -> Tensor:
    """Sorted values (C, n); of more than `most` so many evenly spaced ones."""
    if values.shape[1] <= most:
        return values
    positions = (torch.arange(most, device=values.device) + 0.5) * values.shape[1] / most
    return values[:, positions.long()]


def remapped(values: Tensor, wanted: Tensor) -> Tensor:
    """R of eq. (4): every channel's values (C, n) with the distribution of wanted (C, m), sorted.

    The i-th of n in order becomes the wanted quantile at (i + 1/2) / n, linear between samples.
    """
    n, m = values.shape[1], wanted.shape[1]
    position = ((torch.arange(n, device=values.device) + 0.5) * m / n - 0.5).clamp(0, m - 1)
    low = position.floor().long()
    share = position - low
    high = (low + 1).clamp_max(m - 1)
    levels = wanted[:, low] * (1 - share) + wanted[:, high] * share
    return torch.empty_like(values).scatter_(1, values.argsort(dim=1), levels.to(values.dtype))


def unit(wanted: Tensor) -> Tensor:
    """Variance of values (C, n), mean over channels: what makes distances of layers compare."""
    least = _FLAT * wanted.square().mean()
    return torch.maximum(wanted.var(dim=1, correction=0).mean(), least).clamp_min(1e-8)


def histogram(
    made: Tensor,
    mask: Tensor,
    wanted: Sequence[Tensor],
    most: int,
    rng: torch.Generator,
    *,
    relative: bool = False,
) -> Tensor:
    """Eq. (4): features (B, C, h, w) in the mask against themselves remapped to `wanted`.

    wanted: `quantiles` of the reference, one an image. Of more than `most` masked pixels so many
    are drawn. The target is held still. relative: in the `unit` of the reference.
    """
    terms = []
    for own, inside, levels in zip(made, mask, wanted, strict=True):
        values = own[:, inside[0] > 0]
        if values.shape[1] > most:
            drawn = torch.randperm(values.shape[1], generator=rng)[:most]
            values = values[:, drawn.to(values.device)]
        target = remapped(values.detach(), levels)
        term = (values - target).square().mean()
        terms.append(term / unit(levels) if relative else term)
    return torch.stack(terms).mean()


def _mean_inside(values: Tensor, mask: Tensor) -> Tensor:
    pixels = values.shape[1] * mask.sum(dim=(1, 2, 3)).clamp_min(1)
    return ((values * mask).sum(dim=(1, 2, 3)) / pixels).mean()
