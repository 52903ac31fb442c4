"""The control `procedural`: textured noise in the painted mask; nothing is taken from the data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from defectstudio.domain.generators import GeneratorCard, ProceduralConfig
from defectstudio.imaging.procedural.noise import fractal
from defectstudio.imaging.types import Mask, Unit
from defectstudio.synthesis.generators.content import Content, class_index

OFFSET = 0.1, 0.45
"""How far from the middle tone a content's level lies at least and at most."""
CONTRAST = 0.02, 0.15
"""Standard deviation of the noise."""
LENGTH_PX = 1.0, 16.0
"""Size of its features, drawn evenly in the logarithm."""
TINT = 0.03
"""Standard deviation of a channel's own level."""


def packed(channels: int, config: ProceduralConfig) -> dict[str, Tensor]:
    """The tensors of `generator.safetensors`: only what tells two such generators apart."""
    return {"settings": torch.tensor([channels, config.tone == "relative"], dtype=torch.int64)}


class Procedural:
    """Noise of a level, contrast and correlation length that the seed draws, for every class."""

    def __init__(
        self,
        card: GeneratorCard,
        tensors: Mapping[str, Tensor],
        device: torch.device,  # noqa: ARG002
    ) -> None:
        assert isinstance(card.config, ProceduralConfig)
        own = packed(card.channels, card.config)
        if tensors.keys() != own.keys() or not torch.equal(tensors["settings"], own["settings"]):
            raise RuntimeError("the settings are not the card's")
        self.card = card
        self.fills_mask = True

    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:  # noqa: ARG002
        """Content that fills `mask` bool (h, w); in relative tone 0.5 is the surface itself.

        The surface is not looked at. Raises CheckpointError for a class it does not know.
        """
        rng = np.random.default_rng([seed, class_index(self.card, class_id)])
        level = 0.5 + rng.uniform(*OFFSET) * (1 if rng.integers(2) else -1)
        length = float(np.exp(rng.uniform(*np.log(LENGTH_PX))))
        height, width = mask.shape
        noise = fractal(height, width, rng, row_px=length, column_px=length, octaves=3)
        tint = rng.normal(0, TINT, self.card.channels)
        pixels = level + tint + rng.uniform(*CONTRAST) * noise[..., None]
        return Content(np.clip(pixels, 0, 1).astype(np.float32), mask.copy())
