"""How near the texture of a region comes to that of a reference, by a feature network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.types import Image, Mask, Unit
from defectstudio.networks.features.layers import IMAGE, Layers, usual
from defectstudio.networks.features.registry import FeatureNetwork
from defectstudio.networks.transfer_net import losses
from defectstudio.networks.transfer_net.regions import AROUND_PX
from defectstudio.training.references import Reference

MOST = 4096
"""Quantiles of a layer's histogram of the reference."""


@dataclass(frozen=True)
class Distances:
    """Of one arm: means over placements by layer.

    hist: eq. (4) to H[M] in units of its variance; gram_reference, gram_surface: eq. (2) to H[M]
    and to S[L] in units of the squared norm of these, so that layers compare.
    """

    hist: dict[str, float]
    gram_reference: dict[str, float]
    gram_surface: dict[str, float]


class Textures:
    """A feature network, and what it sees in the references."""

    def __init__(self, network: FeatureNetwork, references: Sequence[Reference]) -> None:
        self.network, self.references = network, list(references)
        own = usual(network)
        self.style, self.hist = own.style, tuple(n for n in own.hist if n != IMAGE)
        self.layers = Layers(network, (*self.style, *self.hist))
        self.wanted = [self._described(reference) for reference in references]

    @torch.no_grad()
    def _described(self, one: Reference) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Quantiles and Gram matrices of H[M] by layer."""
        maps = self.layers(_tensor(one.pixels, self.network.device))
        inside = self._at_scale(maps, one.mask)
        quantiles = {n: losses.quantiles(maps[n][0], inside[n][0], MOST) for n in self.hist}
        return quantiles, {n: losses.gram(maps[n], inside[n]) for n in self.style}

    @torch.no_grad()
    def maps(self, image: Image, mask: Mask) -> dict[str, Tensor]:
        """Of the image around a mask."""
        box = window(mask)
        return self.layers(
            _tensor(with_channels(to_unit(image[box.slices]), 3), self.network.device)
        )

    @torch.no_grad()
    def distances(
        self, maps: dict[str, Tensor], surface: dict[str, Tensor], mask: Mask, number: int
    ) -> Distances:
        """To the reference of that number, and to the surface at the same place."""
        inside = self._at_scale(maps, mask[window(mask).slices])
        quantiles, grams = self.wanted[number]
        own = {n: losses.gram(maps[n], inside[n]) for n in self.style}
        rng = torch.Generator().manual_seed(0)
        return Distances(
            {
                n: float(
                    losses.histogram(
                        maps[n], inside[n], [quantiles[n]], mask.size, rng, relative=True
                    )
                )
                for n in self.hist
            },
            {n: float(losses.texture(own[n], grams[n])) for n in self.style},
            {
                n: float(losses.texture(own[n], losses.gram(surface[n], inside[n])))
                for n in self.style
            },
        )

    def _at_scale(self, maps: dict[str, Tensor], mask: Mask) -> dict[str, Tensor]:
        whole = torch.from_numpy(mask)[None, None].float().to(self.network.device)
        return {name: losses.at_scale(whole, x.shape[2:]) for name, x in maps.items()}


def window(mask: Mask) -> Box:
    """The box of a mask and what deep layers see around it. The mask is not empty."""
    box = bounding_box(mask)
    assert box is not None, "a placement is never empty"
    return box.grown(AROUND_PX).clipped(mask.shape)


def mean(own: Sequence[Distances]) -> Distances:
    """Over placements, of at least one."""

    def over(name: str) -> dict[str, float]:
        layers = getattr(own[0], name)
        return {
            layer: float(np.mean([getattr(one, name)[layer] for one in own])) for layer in layers
        }

    return Distances(over("hist"), over("gram_reference"), over("gram_surface"))


def ratio(made: dict[str, float], other: dict[str, float]) -> float:
    """Of the sums over layers, `made` to `other`."""
    return sum(made.values()) / max(sum(other.values()), 1e-12)


def _tensor(pixels: Unit, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None].to(device)
