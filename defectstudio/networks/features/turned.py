"""Feature distances of contents in every orientation, where both are: in search of copies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.alignment import orientations, overlap
from defectstudio.networks.features.distances import Maps, pairwise, unit_maps
from defectstudio.networks.features.registry import FeatureNetwork

MAPPED = 100
"""Contents whose maps are compared at a time: those of VGG take 8 MB each."""

Contents = tuple[Unit, Mask]
"""Canvases (N, S, S, C) and masks (N, S, S)."""


def least_distances(
    network: FeatureNetwork, side: int, one: Contents, other: Contents
) -> NDArray[np.float32]:
    """LPIPS-style distances (N, M) where both masks are, the least over the 8 orientations of one.

    Pairs that share too little in all of them (`overlap`) are as far apart as any others are.
    """
    columns = []
    for pixels, held in _parts(other):
        maps = unit_maps(network, pixels, side)
        rows = [to_maps(network, side, own, maps, held) for own in _parts(one)]
        columns.append(np.concatenate(rows))
    found = np.concatenate(columns, axis=1)
    known = found[np.isfinite(found)]
    found[~np.isfinite(found)] = known.max() if known.size else 1.0
    return found


def to_maps(
    network: FeatureNetwork, side: int, one: Contents, maps: Maps, held: Mask
) -> NDArray[np.float32]:
    """As `least_distances`, to contents whose maps are known; infinite for pairs that share too
    little."""
    best = np.full((len(one[0]), len(held)), np.inf, np.float32)
    for turned, also in zip(*map(orientations, one), strict=True):
        apart = pairwise(unit_maps(network, turned, side), maps, (also, held), shared=True)
        best = np.where(overlap(also, held), np.minimum(best, apart), best)
    return best


def _parts(contents: Contents) -> list[Contents]:
    firsts = range(0, len(contents[0]), MAPPED)
    return [(contents[0][n : n + MAPPED], contents[1][n : n + MAPPED]) for n in firsts]
