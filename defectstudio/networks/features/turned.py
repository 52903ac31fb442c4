"""Feature distances of contents in every orientation, where both are: in search of copies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.alignment import orientations, overlap
from defectstudio.networks.features.distances import BATCH, Maps, pairwise, unit_maps
from defectstudio.networks.features.registry import FeatureNetwork

MAPPED = 100
"""Contents whose maps are held at a time: those of VGG take 8 MB each."""
TURNED = BATCH // 8
"""Contents whose orientations are looked at in one go."""

Contents = tuple[Unit, Mask]
"""Canvases (N, S, S, C) and masks (N, S, S)."""


def least_distances(
    network: FeatureNetwork, side: int, one: Contents, other: Contents
) -> NDArray[np.float32]:
    """LPIPS-style distances (N, M) where both masks are, the least over the 8 orientations of one.

    Pairs that share too little in all of them (`overlap`) are as far apart as any others are.
    """
    columns = []
    for pixels, held in _parts(other, MAPPED):
        maps = unit_maps(network, pixels, side)
        columns.append(to_maps(network, side, one, maps, held))
    found = np.concatenate(columns, axis=1)
    known = found[np.isfinite(found)]
    found[~np.isfinite(found)] = known.max() if known.size else 1.0
    return found


def to_maps(
    network: FeatureNetwork, side: int, one: Contents, maps: Maps, held: Mask
) -> NDArray[np.float32]:
    """As `least_distances`, to contents whose maps are known; infinite for pairs that share too
    little."""
    rows = []
    for own in _parts(one, TURNED):
        turned, also = (np.concatenate(list(orientations(each))) for each in own)
        apart = pairwise(unit_maps(network, turned, side), maps, (also, held), shared=True)
        apart = np.where(overlap(also, held), apart, np.float32(np.inf))
        rows.append(apart.reshape(-1, len(own[0]), len(held)).min(axis=0))
    return np.concatenate(rows)


def _parts(contents: Contents, count: int) -> list[Contents]:
    firsts = range(0, len(contents[0]), count)
    return [(contents[0][n : n + count], contents[1][n : n + count]) for n in firsts]
