"""The training contents that a generator keeps beside its weights, to recognise copies of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.canvases import Look

CANVASES, MASKS, CLASSES, BARS = "known.canvases", "known.masks", "known.classes", "known.bars"
CANVAS, ENLARGE = 64, 2.0
"""As the protocol "realism" shows contents unless told otherwise."""


def look(channels: int) -> Look:
    """How contents are shown that are to be compared with known ones."""
    return Look(CANVAS, ENLARGE, channels)


@dataclass(frozen=True)
class Known:
    """canvases uint8 (N, S, S, C) in relative tone and masks bool (N, S, S) of the training
    contents as labeled; classes (N,): their places in the one-hot code.

    bars float32 (classes, 2): nearer than this to one of its class, by pixels and by features, is
    a near-copy: the 5th percentile of the distances of training contents, each to its nearest of
    another physical part. NaN for a class of one part, and for features where none were asked.
    """

    canvases: NDArray[np.uint8]
    masks: Mask
    classes: NDArray[np.int64]
    bars: NDArray[np.float32]

    def of_class(self, index: int) -> tuple[Unit, Mask]:
        """Canvases float32 in [0, 1] and masks of a class."""
        own = self.classes == index
        return self.canvases[own].astype(np.float32) / 255, self.masks[own]

    def pack(self) -> dict[str, Tensor]:
        """As tensors for `generator.safetensors`; masks as bits. 13 KB a colour content."""
        return {
            CANVASES: torch.from_numpy(self.canvases),
            MASKS: torch.from_numpy(np.packbits(self.masks, axis=2)),
            CLASSES: torch.from_numpy(self.classes),
            BARS: torch.from_numpy(self.bars),
        }

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor]) -> Known | None:
        """None for weights that keep none. Raises RuntimeError when they are not whole."""
        held = [tensors.get(name) for name in (CANVASES, MASKS, CLASSES, BARS)]
        known = [one.numpy() for one in held if one is not None]
        if not known:
            return None
        if len(known) < len(held):
            raise RuntimeError("the known training contents are not whole")
        canvases, bits, classes, bars = known
        return cls(canvases, np.unpackbits(bits, axis=2) > 0, classes, bars)
