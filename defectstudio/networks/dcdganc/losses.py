"""Losses of DCDGANc (P1 eqs. 2-7) as functions of tensors."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from defectstudio.networks.dcdganc.discriminator import Discriminator, Judgement


def kl(mu: Tensor, log_variance: Tensor) -> Tensor:
    """Eq. (2): D_KL(N(mu, sigma^2) || N(0, I)), sum over z, mean over the batch."""
    return 0.5 * (mu.square() + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()


def reconstruction(image: Tensor, made: Tensor) -> Tensor:
    """Eq. (4), L1 of (B, C + 1, H, W), averaged over the content's pixels and the rest apart.

    The content is a small part of its canvas; a plain mean would let large defects alone speak.
    """
    difference = (image - made).abs().mean(dim=1, keepdim=True)
    inside = image[:, -1:]
    return _weighted(difference, inside) + _weighted(difference, 1 - inside)


def coarse_reconstruction(image: Tensor, made: Tensor, factor: int) -> Tensor:
    """Eq. (4) on means over `factor` x `factor` content pixels: colours and shading, no texture.

    image, made (B, C + 1, H, W) of the same alpha. The L1 of single pixels is least where texture
    is smoothed away; what is left to it here, `texture` and the discriminator decide.
    """
    alpha = image[:, -1:]
    share = functional.avg_pool2d(alpha, factor)
    difference = functional.avg_pool2d((image - made)[:, :-1] * alpha, factor)
    return _weighted((difference / share.clamp_min(1e-6)).abs().mean(dim=1, keepdim=True), share)


def texture(image: Tensor, made: Tensor, filters: Tensor, positions: Tensor) -> Tensor:
    """Distance of the distributions of patches, not of the patches (sliced Wasserstein).

    image, made (B, C + 1, H, W) of the same alpha; filters (K, C, k, k); positions (B, S) index
    the pixels (H W) to compare. The mean distance of the sorted responses of every filter, at full
    and at half resolution: Elnekave and Weiss 2022, eq. 4, inside a mask.
    """
    alpha = image[:, -1:]
    centre = (image[:, :-1] * alpha).sum(dim=(2, 3), keepdim=True)
    centre = centre / alpha.sum(dim=(2, 3), keepdim=True).clamp_min(1e-6)
    terms = []
    pair = [(image[:, :-1] - centre) * alpha, (made[:, :-1] - centre) * alpha]
    width = image.shape[3]
    for _ in range(2):
        index = positions[:, None].expand(-1, len(filters), -1)
        real, fake = (
            functional.conv2d(x, filters, padding="same").flatten(2).gather(2, index).sort(2).values
            for x in pair
        )
        terms.append((real - fake).abs().mean())
        pair = [functional.avg_pool2d(x, 2) for x in pair]
        positions = positions // width // 2 * (width // 2) + positions % width // 2
        width //= 2
    return torch.stack(terms).mean()


def draw_filters(count: int, channels: int, side: int, rng: torch.Generator) -> Tensor:
    """Random filters (count, channels, side, side) of zero mean and unit norm."""
    filters = torch.randn(count, channels, side, side, generator=rng)
    filters -= filters.mean(dim=(1, 2, 3), keepdim=True)
    return functional.normalize(filters.flatten(1), dim=1).view_as(filters)


def latent(z: Tensor, mu: Tensor) -> Tensor:
    """Eq. (5): |z_s - mu(E(I_s))|, mean over z and batch."""
    return (z - mu).abs().mean()


def fooling(judgements: list[Judgement]) -> Tensor:
    """The generator's side of eq. (6), non-saturating: softplus(-D(fake)), mean over scales."""
    terms = [_weighted(functional.softplus(-j.logits), j.weights) for j in judgements]
    return torch.stack(terms).mean()


def judging(real: list[Judgement], fakes: list[list[Judgement]]) -> Tensor:
    """The discriminator's side of eq. (6): the real term counts once for every fake."""
    terms = [len(fakes) * _weighted(functional.softplus(-j.logits), j.weights) for j in real]
    for fake in fakes:
        terms += [_weighted(functional.softplus(j.logits), j.weights) for j in fake]
    return torch.stack(terms).sum() / len(real)


def feature_matching(real: list[Judgement], fake: list[Judgement]) -> Tensor:
    """L1 of discriminator features of an image and its reconstruction (pix2pixHD, eq. 4)."""
    terms = [
        (a.detach().float() - b.float()).abs().mean()
        for r, f in zip(real, fake, strict=True)
        for a, b in zip(r.features, f.features, strict=True)
    ]
    return torch.stack(terms).mean()


def gradient_penalty(
    discriminator: Discriminator, real: Tensor, fake: Tensor, one_hot: Tensor, mix: Tensor
) -> Tensor:
    """WGAN-GP: (||grad D(x_hat)|| - 1)^2 on same-class interpolates, summed over scales.

    real, fake (B, C + 1, H, W); mix (B, 1, 1, 1) in [0, 1]. Gulrajani et al. 2017, eq. 3;
    our reading for a map of n logits: D is their sum and its gradient is divided by sqrt(n).
    """
    x = (mix * real + (1 - mix) * fake).detach().requires_grad_(True)
    penalties = []
    for judgement in discriminator(x, one_hot):
        (grad,) = torch.autograd.grad(judgement.logits.sum(), x, create_graph=True)
        norm = grad.flatten(1).norm(dim=1)
        count = judgement.logits[0].numel()
        penalties.append((norm / count**0.5 - 1).square().mean())
    return torch.stack(penalties).sum()


def r1(discriminator: Discriminator, real: Tensor, one_hot: Tensor) -> Tensor:
    """R1: ||grad D(x)||^2 at real images, summed over scales (Mescheder et al. 2018, eq. 9).

    D is the weighted mean of a map of logits.
    """
    x = real.detach().requires_grad_(True)
    penalties = []
    for judgement in discriminator(x, one_hot):
        total = _weighted(judgement.logits, judgement.weights) * len(x)
        (grad,) = torch.autograd.grad(total, x, create_graph=True)
        penalties.append(grad.square().sum(dim=(1, 2, 3)).mean())
    return torch.stack(penalties).sum()


def class_margin(logits: Tensor, cls: Tensor) -> Tensor:
    """How much is missing for every class to lead by 1: logits (B, N), cls (B,) its index.

    Crammer and Singer 2001, eq. 3. What is taken for its class already is left alone, where
    cross-entropy would go on to exaggerate it.
    """
    own = logits.gather(1, cls[:, None])[:, 0]
    others = logits.scatter(1, cls[:, None], float("-inf")).amax(dim=1)
    return functional.relu(1 - own + others).mean()


def _weighted(values: Tensor, weights: Tensor) -> Tensor:
    total = weights.sum(dim=(1, 2, 3)).clamp_min(1e-6)
    return ((values * weights).sum(dim=(1, 2, 3)) / total).mean()
