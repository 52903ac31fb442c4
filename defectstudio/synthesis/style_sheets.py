"""Sheets that show what a DCDGANc controls (P1 Figures 4, 5 and 9), uint8 RGB (H, W, 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.recipe import MixedLayers, Style, StyleMix
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.imaging.types import Mask
from defectstudio.synthesis.generators.content import Content
from defectstudio.synthesis.generators.dcdganc import Dcdganc
from defectstudio.synthesis.latents import between_classes

Sheet = NDArray[np.uint8]

TILE = 96
STEPS = tuple(step / 10 for step in range(11))
"""P1 Figure 5: in steps of 0.1."""
PAPER = 0.5
"""Grey around contents, which in relative tone is the surface itself."""


def diversity(generator: Dcdganc, seeds: Sequence[int], mask: Mask, columns: int = 20) -> Sheet:
    """P1 Figure 4: one content a seed in the mask bool (h, w), class after class."""
    rows, captions = [], []
    for class_id, name in generator.card.classes.items():
        shown = _pictures(generator.styled(class_id, seeds, Style(), mask))
        lines = [shown[first : first + columns] for first in range(0, len(shown), columns)]
        rows += lines
        captions += [name] + [""] * (len(lines) - 1)
    return contact_sheet(rows, TILE, captions)


def classes(
    generator: Dcdganc,
    pair: tuple[int, int],
    seeds: Sequence[int],
    mask: Mask,
    *,
    code_only: bool = False,
) -> Sheet:
    """P1 Figure 5: one row a seed, from the first class to the other under the same style."""
    rows = []
    for seed in seeds:
        one, other = (generator.latent(class_id, seed) for class_id in pair)
        way = [between_classes(one, other, step, code_only=code_only) for step in STEPS]
        rows.append(_pictures(generator.draw(way, mask)))
    return contact_sheet(rows, TILE)


def styles(
    generator: Dcdganc,
    class_id: int,
    pairs: Sequence[tuple[int, int]],
    mask: Mask,
    layers: MixedLayers = "all",
) -> Sheet:
    """One row a pair of seeds, from the first style to the other."""
    rows = []
    for seed, other in pairs:
        mixes = [Style(mix=StyleMix(other, step, layers)) for step in STEPS]
        rows.append(_pictures(generator.styled(class_id, [seed], mix, mask)[0] for mix in mixes))
    return contact_sheet(rows, TILE)


def mixing(
    generator: Dcdganc, class_id: int, coarse: Sequence[int], fine: Sequence[int], mask: Mask
) -> Sheet:
    """Rows: styles of the coarse layers; columns: styles of the fine ones."""
    rows = [
        _pictures(
            generator.styled(class_id, [seed], Style(mix=StyleMix(other, 1.0, "fine")), mask)[0]
            for other in fine
        )
        for seed in coarse
    ]
    return contact_sheet(rows, TILE)


def truncation(
    generator: Dcdganc, class_id: int, amounts: Sequence[float], seeds: Sequence[int], mask: Mask
) -> Sheet:
    """One row an amount: from the class's mean style outward."""
    drawn = [generator.styled(class_id, seeds, Style(amount), mask) for amount in amounts]
    return contact_sheet([_pictures(row) for row in drawn], TILE, [f"{a:g}" for a in amounts])


def on_canvas(
    generator: Dcdganc, class_id: int, seeds: Sequence[int], mask: Mask, canvas: tuple[int, int]
) -> Sheet:
    """P1 Figure 9: contents of any shape in the middle of a black canvas (H, W) that holds them."""
    rows = []
    for content in generator.styled(class_id, seeds, Style(), mask):
        h, w = mask.shape
        top, left = (canvas[0] - h) // 2, (canvas[1] - w) // 2
        black = np.zeros((*canvas, 3), np.uint8)
        black[top : top + h, left : left + w] = _picture(content, 0.0)
        rows.append(black)
    return contact_sheet([rows], max(canvas))


def _pictures(contents: Iterable[Content]) -> list[Sheet]:
    return [_picture(content, PAPER) for content in contents]


def _picture(content: Content, paper: float) -> Sheet:
    shown = np.where(content.raw_mask[..., None], content.pixels, np.float32(paper))
    rgb = np.broadcast_to(shown, (*shown.shape[:2], 3))
    return np.asarray(np.rint(rgb * 255), np.uint8)
