"""How well a defect is seen: its contrast, its seam, and contents scaled to a wanted contrast."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.recipe import BlendSettings, GrainSettings, RefineSettings
from defectstudio.imaging import noise
from defectstudio.imaging.compose import PlacedContent, compose
from defectstudio.imaging.masks import Box
from defectstudio.imaging.surface import surface_under
from defectstudio.imaging.types import FULL_RANGE, Image, Mask, planes

ROUNDS = 12
"""Trials to reach a wanted contrast; a few are enough where nothing is clipped."""
NEAR_ENOUGH = 0.02
"""A contrast this near, as a part of the wanted one, is reached."""
SCALES = 1 / 64, 64.0
"""How far a content may be scaled around the surface."""


@dataclass(frozen=True)
class Trial:
    """One content blended alone on its part of the background, without added grain.

    before, after: the part (h, w) or (h, w, C), which lies at `box` of the background; label: bool
    (h, w); sigma: the background's noise (C,) in grey levels, at least one of 255.
    """

    before: Image
    after: Image
    label: Mask
    box: Box
    sigma: NDArray[np.float64]

    @property
    def contrast(self) -> float:
        """Visible contrast: mean |I_out - I_n| in the label, over the background's noise.

        The mean is that over pixels and channels; 0 where nothing is labeled.
        """
        if not self.label.any():
            return 0.0
        change = np.abs(_levels(self.after) - _levels(self.before))[self.label]
        return float(change.mean() / self.sigma.mean())

    @property
    def seam(self) -> float:
        """The mean step from pixel to pixel across the label's outline, over the background's own
        step there (at least one grey level of 255); 1 is no seam, 0 where nothing is labeled."""
        after, before = _across(self.after, self.label), _across(self.before, self.label)
        least = FULL_RANGE[self.before.dtype] / 255
        return float(after.mean() / max(before.mean(), least)) if after.size else 0.0


def try_on(
    background: Image, content: PlacedContent, blend: BlendSettings, labeling: RefineSettings
) -> Trial:
    """The content on the background, (H, W) or (H, W, 3), uint8 or uint16; only its part is read.

    Raises ImageError for contents that do not fit and for one that lies outside the image.
    """
    box = Box(content.top, content.left, *content.raw_mask.shape)
    shown = box.grown(noise.MARGIN).clipped(background.shape)
    before = background[shown.slices]
    here = replace(content, top=box.top - shown.top, left=box.left - shown.left)
    made = compose(before, [here], blend, GrainSettings(0.0), labeling)
    sigma = noise.measure(before, box.moved(-shown.top, -shown.left)).sigma
    least = FULL_RANGE[background.dtype] / 255
    return Trial(before, made.image, made.label > 0, shown, np.maximum(sigma, least))


def strengthened(
    background: Image,
    content: PlacedContent,
    wanted: float,
    blend: BlendSettings,
    labeling: RefineSettings,
) -> PlacedContent:
    """The content scaled around the surface until its visible contrast is `wanted` (> 0).

    Pixels p on a surface s become s + k (p - s), clipped to [0, 1]. The blend is linear in the
    content, so k follows from the contrast but for clipping and for the label, which grows with
    it: hence a few rounds, of which the best one counts. A content that no k makes visible is
    returned as it is. Raises ImageError as `try_on`.
    """
    best, missed, scale = content, np.inf, 1.0
    for _ in range(ROUNDS):
        scaled = _scaled(background, content, scale)
        found = try_on(background, scaled, blend, labeling).contrast
        if found and abs(found - wanted) < missed:
            best, missed = scaled, abs(found - wanted)
        if missed <= NEAR_ENOUGH * wanted:
            break
        scale = float(np.clip(scale * (wanted / found if found else 2.0), *SCALES))
    return best


def _scaled(background: Image, content: PlacedContent, scale: float) -> PlacedContent:
    box = Box(content.top, content.left, *content.raw_mask.shape)
    pixels = planes(content.pixels)
    surface = surface_under(background, box, pixels.shape[2], None)
    moved = np.clip(surface + np.float32(scale) * (pixels - surface), 0.0, 1.0)
    return replace(content, pixels=moved.reshape(content.pixels.shape))


def _across(image: Image, label: Mask) -> NDArray[np.float32]:
    """|difference| (n, C) of neighbours of which one is labeled."""
    values = _levels(image)
    rows = label[1:] != label[:-1]
    columns = label[:, 1:] != label[:, :-1]
    steps = [
        np.abs(values[1:] - values[:-1])[rows],
        np.abs(values[:, 1:] - values[:, :-1])[columns],
    ]
    return np.concatenate(steps)


def _levels(image: Image) -> NDArray[np.float32]:
    """(h, w, C) in grey levels, signed."""
    return planes(image).astype(np.float32)
