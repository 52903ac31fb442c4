"""Histogram match alone, the first step of DST (P2 Algorithm 2)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from defectstudio.domain.generators import GeneratorCard
from defectstudio.domain.transfer import HistmatchConfig
from defectstudio.imaging.fusion import fused, gaussian_mask
from defectstudio.imaging.types import Mask, Unit
from defectstudio.synthesis.generators.content import Content, class_index
from defectstudio.synthesis.generators.references import References, matched


class Histmatch:
    """The surface with the colours of a reference, which of them the seed says."""

    def __init__(
        self,
        card: GeneratorCard,
        tensors: Mapping[str, Tensor],
        device: torch.device,  # noqa: ARG002
    ) -> None:
        assert isinstance(card.config, HistmatchConfig)
        self.card, self.config = card, card.config
        self.fills_mask = True
        self.references = References(tensors, len(card.values), card.channels)

    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:
        """The surface (h, w, C) in the mask bool (h, w), matched and fused.

        Raises CheckpointError for a class it does not know.
        """
        values, _ = self.references.drawn(class_index(self.card, class_id), seed)
        g = gaussian_mask(mask, self.config.fusion)
        return Content(fused(matched(surface, mask, values), surface, g), mask.copy())
