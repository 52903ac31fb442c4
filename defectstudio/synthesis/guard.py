"""The guard against memory: a content that nearly is a training content is drawn again.

The comparison is that of the report (evaluation.copies): contents are laid on their surface and
held against the training contents of their class, by pixels and by the features of the network
that the generator learned from. It works on recipes before they are frozen: a recipe names the seed
that was found, so making it again needs no guard and gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.types import Image, Mask, Unit
from defectstudio.metrics.alignment import aligned_distances
from defectstudio.metrics.canvases import Look, laid, without_grain
from defectstudio.networks.features.distances import Maps, unit_maps
from defectstudio.networks.features.registry import FeatureNetwork, load_features
from defectstudio.networks.features.turned import to_maps
from defectstudio.synthesis.known import Known, look

FEATURE_SIDE = 128
"""Side of the feature network's input, as the protocol "realism" has it unless told otherwise."""


class Guard:
    """Holds contents against the known training contents; features: the network, or none.

    The network and what it sees of a class are loaded when they are asked for first.
    """

    def __init__(self, known: Known, features: str, device: torch.device) -> None:
        self.known, self.features, self.device = known, features, device
        self._network: FeatureNetwork | None = None
        self._maps: dict[int, Maps] = {}

    @property
    def look(self) -> Look:
        """How contents must be shown to it."""
        return look(self.known.canvases.shape[3])

    def nearness(self, index: int, canvases: Unit, masks: Mask) -> NDArray[np.float64]:
        """Distances (N,) to the nearest training content of the class `index`, in units of its
        bars, the lesser of pixels and features: below 1 is a near-copy; infinite without a bar.

        canvases (N, S, S, C) as `look` has them, masks (N, S, S).
        """
        by_pixels, by_features = self.known.bars[index]
        known, held = self.known.of_class(index)
        least = np.full(len(canvases), np.inf)
        if by_pixels > 0:
            own = without_grain(canvases, masks)
            apart = aligned_distances(*own, *without_grain(known, held))
            least = np.minimum(least, apart.min(axis=1) / by_pixels)
        if by_features > 0:
            apart = to_maps(self._net(), FEATURE_SIDE, (canvases, masks), self._seen(index), held)
            least = np.minimum(least, apart.min(axis=1) / by_features)
        return least

    def near(
        self, index: int, contents: Sequence[PlacedContent], background: Image
    ) -> NDArray[np.float64]:
        """`nearness` of placed contents of one class, as their surface makes them look."""
        shown = [laid(one, background, self.look) for one in contents]
        canvases, masks = (np.stack(own) for own in zip(*shown, strict=True))
        return self.nearness(index, canvases, masks)

    def _net(self) -> FeatureNetwork:
        if self._network is None:
            self._network = load_features(self.features, self.device)
        return self._network

    def _seen(self, index: int) -> Maps:
        if index not in self._maps:
            known, _ = self.known.of_class(index)
            self._maps[index] = unit_maps(self._net(), known, FEATURE_SIDE)
        return self._maps[index]
