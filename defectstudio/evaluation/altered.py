"""Contents made less like those of the product they come from (P1 section 3.4, Figure 10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.types import Mask, Unit
from defectstudio.synthesis.generators.content import Content, ContentGenerator


@dataclass(frozen=True)
class Altering:
    """What is done to contents. grey: their colour is taken; cut: the share of every one that is
    cut off at a random side."""

    grey: bool = False
    cut: float = 0.0


NOTHING = Altering()


class Altered:
    """A generator whose contents are altered."""

    def __init__(self, generator: ContentGenerator, altering: Altering) -> None:
        self.generator, self.altering = generator, altering
        self.card, self.fills_mask = generator.card, generator.fills_mask

    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:
        """As the generator's own, altered; what is cut off follows from the seed."""
        made = self.generator.generate(class_id, seed, mask, surface)
        pixels, raw_mask = made.pixels, made.raw_mask
        if self.altering.grey:
            grey = with_channels(with_channels(pixels, 1), pixels.shape[2])
            pixels = np.ascontiguousarray(grey)
        if self.altering.cut > 0:
            raw_mask = cut_off(raw_mask, self.altering.cut, np.random.default_rng([seed, 8]))
        return Content(pixels, raw_mask)


def cut_off(mask: Mask, share: float, rng: np.random.Generator) -> Mask:
    """The mask without so large a share of its pixels, those farthest in a random direction."""
    rows, columns = np.nonzero(mask)
    angle = rng.uniform(0, 2 * np.pi)
    along = rows * np.sin(angle) + columns * np.cos(angle)
    kept = np.zeros_like(mask)
    inner = np.argsort(along, kind="stable")[: len(along) - int(share * len(along))]
    kept[rows[inner], columns[inner]] = True
    return kept
