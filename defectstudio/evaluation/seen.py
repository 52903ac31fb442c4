"""Contents as a feature network sees them, and the judge that has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.evaluation.contents import Shown
from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.kid import Kid, kid
from defectstudio.networks.features.distances import Maps, pooled, unit_maps
from defectstudio.networks.features.registry import FeatureNetwork


@dataclass(frozen=True)
class Features:
    """A set of contents seen by a feature network: vectors (N, D) of canvases and of crops;
    canvases (N, S, S, C) and masks (N, S, S) themselves."""

    canvases: Unit
    masks: Mask
    vectors: NDArray[np.float32]
    crop_vectors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.canvases)


@dataclass(frozen=True)
class Judge:
    """A feature network and how it is used: the side of its input, the subsets of KID."""

    network: FeatureNetwork
    side: int
    subsets: int

    def features(self, shown: Sequence[Shown]) -> Features:
        """Of at least one content."""
        canvases = np.stack([one.canvas for one in shown])
        crops = np.stack([one.crop for one in shown])
        return Features(
            canvases,
            np.stack([one.mask for one in shown]),
            pooled(self.network, canvases, self.side),
            pooled(self.network, crops, self.side),
        )

    def distance(
        self,
        real: Features | None,
        fake: Features | None,
        rng: np.random.Generator,
        *,
        crops: bool = False,
    ) -> Kid | None:
        """KID of two sets, of their canvases or crops; None with fewer than two in either."""
        if real is None or fake is None or min(len(real), len(fake)) < 2:
            return None
        one, other = (f.crop_vectors if crops else f.vectors for f in (real, fake))
        return kid(one, other, rng, subsets=self.subsets)

    def maps(self, canvases: Unit) -> Maps:
        """For `pairwise`, of canvases (N, S, S, C)."""
        return unit_maps(self.network, canvases, self.side)


def joined(parts: Sequence[Features]) -> Features:
    """Several sets as one, for KID over all classes."""
    return Features(
        np.concatenate([one.canvases for one in parts]),
        np.concatenate([one.masks for one in parts]),
        np.concatenate([one.vectors for one in parts]),
        np.concatenate([one.crop_vectors for one in parts]),
    )
