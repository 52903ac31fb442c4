"""What a generator remembers of its training contents: to tell copies and strangers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from defectstudio.imaging.descriptors import Descriptor, texture, tone
from defectstudio.imaging.types import Mask, Unit

LOOKS, CLASSES, LOGITS = "train.looks", "train.classes", "train.logits"
FEWEST = 4
"""With fewer contents of a class their distances say nothing."""
FAR = 1.5
"""The band ends at so many times the 95th percentile of the distances among real contents."""
_LEAST = 1e-3


def look(pixels: Unit, mask: Mask) -> Descriptor:
    """The descriptor (2 C + 3,) that contents are compared by: tone and texture, not shape.

    The shape is painted by the user; a copy in another shape is still a copy.
    """
    return np.concatenate([tone(pixels, mask), texture(pixels, mask)])


@dataclass(frozen=True)
class Record:
    """looks (n, d): descriptors of all training contents; classes (n,): their places in the one-hot
    code; logits (n,): how real each looks to the discriminator."""

    looks: NDArray[np.float32]
    classes: NDArray[np.int64]
    logits: NDArray[np.float32]

    def pack(self) -> dict[str, Tensor]:
        """As tensors for `generator.safetensors`."""
        return {
            LOOKS: torch.from_numpy(self.looks),
            CLASSES: torch.from_numpy(self.classes),
            LOGITS: torch.from_numpy(self.logits),
        }

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor]) -> Record | None:
        """None for weights without a record. Raises RuntimeError when it is not whole."""
        held = [tensors.get(name) for name in (LOOKS, CLASSES, LOGITS)]
        if all(one is None for one in held):
            return None
        looks, classes, logits = (one.numpy() if one is not None else None for one in held)
        if looks is None or classes is None or logits is None:
            raise RuntimeError("the record of the training contents is not whole")
        return cls(looks, classes, logits)

    def realism(self, index: int, logit: float) -> float:
        """0..1: 1 for a content that looks as real to D as half of its class, or more so."""
        own = self.logits[self.classes == index]
        return min(1.0, 2 * (float((own <= logit).sum()) + 0.5) / (len(own) + 1))

    def distance(self, index: int, found: Descriptor) -> float:
        """To the nearest training content of the class, in standard deviations of the class."""
        own = self._standardised(index)
        mean, deviation = self._moments(index)
        return float(np.linalg.norm(own - (found - mean) / deviation, axis=1).min())

    def band(self, index: int) -> tuple[float, float]:
        """Distances that a new content may have: neither a copy nor a stranger.

        From the 5th percentile of the distances of real contents, each to its nearest other, to
        FAR times the 95th. (0, inf) for a class of few contents.
        """
        own = self._standardised(index)
        if len(own) < FEWEST:
            return 0.0, float("inf")
        apart = np.linalg.norm(own[:, None] - own[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        low, high = np.percentile(apart.min(axis=1), [5, 95])
        return float(low), FAR * float(high)

    def _standardised(self, index: int) -> NDArray[np.float32]:
        mean, deviation = self._moments(index)
        scaled: NDArray[np.float32] = (self.looks[self.classes == index] - mean) / deviation
        return scaled

    def _moments(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        own = self.looks[self.classes == index]
        return own.mean(axis=0), np.maximum(own.std(axis=0), np.float32(_LEAST))
