"""The histograms of real references, as generators keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from defectstudio.domain.transfer import DstConfig, HistmatchConfig
from defectstudio.imaging.histogram import match
from defectstudio.imaging.types import Mask, Unit

MOST = 1 << 14
"""Values kept of a channel: its quantiles where there were more."""
SETTINGS = "settings"


def packed(
    references: Sequence[tuple[int, Unit, Mask]], config: DstConfig | HistmatchConfig
) -> dict[str, Tensor]:
    """Tensors of references (class index, pixels (h, w, C) in [0, 1], mask (h, w)).

    Each one's sorted masked values (n, C), and the settings that a content depends on, so that a
    hash of the weights names them all.
    """
    numbers = [config.fusion, float(config.tone == "relative"), float(len(references))]
    tensors = {SETTINGS: torch.tensor(numbers)}
    for n, (index, pixels, mask) in enumerate(references):
        values = np.sort(pixels[mask], axis=0)
        if len(values) > MOST:
            values = values[((np.arange(MOST) + 0.5) * len(values) / MOST).astype(int)]
        tensors[f"reference.{n:04d}.{index}"] = torch.from_numpy(np.ascontiguousarray(values))
    return tensors


class References:
    """Histograms by class; `numbers` are those that they were packed in, `classes` the class
    index of each."""

    def __init__(self, tensors: Mapping[str, Tensor], classes: int, channels: int) -> None:
        self.values: list[list[Unit]] = [[] for _ in range(classes)]
        self.numbers: list[list[int]] = [[] for _ in range(classes)]
        for name in sorted(tensors):
            if name.startswith("reference."):
                _, number, index = name.split(".")
                values = tensors[name].numpy()
                if values.ndim != 2 or values.shape[1] != channels:
                    raise RuntimeError(f"{name} does not hold {channels} channels")
                self.values[int(index)].append(values)
                self.numbers[int(index)].append(int(number))
        by_number = {n: index for index, own in enumerate(self.numbers) for n in own}
        self.classes = [by_number[n] for n in sorted(by_number)]
        kept = len(self.classes)
        if SETTINGS not in tensors or kept != int(tensors[SETTINGS][-1]) or not all(self.values):
            raise RuntimeError("a reference is missing")

    def drawn(self, index: int, seed: int) -> tuple[Unit, int]:
        """One of the class's references (n, C) by the seed, and its number."""
        own = int(np.random.default_rng([seed, index]).integers(len(self.values[index])))
        return self.values[index][own], self.numbers[index][own]


def matched(surface: Unit, mask: Mask, values: Unit) -> Unit:
    """y: the surface (h, w, C) with the reference's histogram in the mask (P2 Algorithm 2)."""
    if not mask.any():
        return surface
    made: Unit = match(surface, mask, values[None], np.ones((1, len(values)), bool))
    return made
