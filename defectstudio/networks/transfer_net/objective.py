"""What DST wants of an image: the losses of P2 eq. (6), and one of ours, against a surface and a
reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from defectstudio.domain.transfer import DstConfig
from defectstudio.networks.features.layers import IMAGE, Layers, named, usual
from defectstudio.networks.features.registry import FeatureNetwork
from defectstudio.networks.transfer_net import losses
from defectstudio.networks.transfer_net.regions import around_masks, style_code

TERMS = ("content", "style", "hist", "texture", "tv")
IMAGE_SHARE = 0.3
"""Of the image's own histogram beside those of features: it was matched to begin with, and held
as firmly as theirs it would let no texture rise."""
POLISH_RATE = 0.003
"""Adam's rate on pixels, in units of the full range."""


@dataclass(frozen=True)
class Wanted:
    """Of a reference, by layer: sorted feature values (C, n), and Gram matrices (C, C)."""

    hist: dict[str, Tensor]
    grams: dict[str, Tensor]


@dataclass(frozen=True)
class Placement:
    """Defects to be made. surface S, matched y (B, C, H, W) in [0, 1]; mask L and fusion g
    (B, 1, H, W); wanted: of the reference of each."""

    surface: Tensor
    matched: Tensor
    mask: Tensor
    fusion: Tensor
    wanted: Sequence[Wanted]

    def fused(self, made: Tensor) -> Tensor:
        """g T(y) + (1 - g) S."""
        return torch.lerp(self.surface, made, self.fusion.expand_as(made))


class Objective:
    """The losses, asked of a feature network at the layers of a configuration."""

    def __init__(self, network: FeatureNetwork, config: DstConfig) -> None:
        own = usual(network)
        self.network, self.most, self.relative = network, config.hist_pixels, config.balance
        self.content = named(network, config.content_layers, own.content)
        self.style = named(network, config.style_layers, own.style)
        self.hist = named(network, config.hist_layers, own.hist)
        self.texture = tuple(dict.fromkeys((*self.style, *self.hist)))
        self._shallow, self._styles = Layers(network, self.content), Layers(network, self.style)
        self._all = Layers(network, (*self.content, *self.style, *self.hist))

    @torch.no_grad()
    def described(self, pixels: Tensor, mask: Tensor) -> tuple[Wanted, Tensor]:
        """What is wanted of a reference's pixels (1, C, h, w), mask (1, 1, h, w), and its style
        code (K,): see `style_code`."""
        maps = self._all(pixels)
        masks = {name: losses.at_scale(mask, x.shape[2:]) for name, x in maps.items()}
        wanted = Wanted(
            {n: losses.quantiles(maps[n][0], masks[n][0], self.most) for n in self.hist},
            {n: losses.gram(maps[n], masks[n])[0] for n in self.texture},
        )
        return wanted, style_code([maps[name][0] for name in self.style], mask)

    def __call__(self, made: Tensor, place: Placement, rng: torch.Generator) -> dict[str, Tensor]:
        """Eqs. (1), (2), (4), (5) and Gram matrices against the reference's, of a fused image
        (B, C, H, W) in L, unweighted, by name."""
        made, matched, surface, inside = around_masks(
            made, place.matched, place.surface, place.mask
        )
        maps = self._all(made)
        with torch.no_grad():
            content, style = self._shallow(matched), self._styles(surface)
        masks = {name: losses.at_scale(inside, x.shape[2:]) for name, x in maps.items()}
        grams = {name: losses.gram(maps[name], masks[name]) for name in self.texture}
        return {
            "content": _sum(losses.content(maps[n], content[n], masks[n]) for n in self.content),
            "style": _sum(
                losses.style(grams[n], losses.gram(style[n], masks[n])) for n in self.style
            ),
            "hist": _sum(
                (IMAGE_SHARE if n == IMAGE else 1.0)
                * losses.histogram(
                    maps[n],
                    masks[n],
                    [w.hist[n] for w in place.wanted],
                    self.most,
                    rng,
                    relative=self.relative,
                )
                for n in self.hist
            ),
            "texture": _sum(
                losses.texture(grams[n], torch.stack([w.grams[n] for w in place.wanted]))
                for n in self.texture
            ),
            "tv": losses.total_variation(made, inside),
        }


def weighted(log: Mapping[str, Tensor], weights: Mapping[str, float]) -> dict[str, Tensor]:
    """Every term times its weight."""
    return {name: weights[name] * value for name, value in log.items()}


def total(terms: Mapping[str, Tensor]) -> Tensor:
    """Eq. (6)."""
    return _sum(terms.values())


def polished(
    image: Tensor, place: Placement, loss: Callable[[Tensor], Tensor], iterations: int
) -> Tensor:
    """The image (1, C, H, W) after so many steps of Adam on its own pixels, down the loss of what
    is fused; of all on the way the one of the least loss, since the first steps, as wide for every
    pixel, may lead up. Gatys et al. 2016, from where the network left it: that serves all places,
    this one.
    """
    pixels = image.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([pixels], lr=POLISH_RATE)
    best, least = image, float("inf")
    for step in range(iterations + 1):
        value = loss(place.fused(pixels))
        if float(value.detach()) < least:
            best, least = pixels.detach().clone(), float(value.detach())
        if step < iterations:
            (pixels.grad,) = torch.autograd.grad(value, pixels)
            optimizer.step()
            with torch.no_grad():
                pixels.clamp_(0, 1)
    return best


def _sum(terms: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(terms)).sum()
