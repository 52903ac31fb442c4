"""Places for defects on normal surfaces, histogram-matched to a reference: what DST learns from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from defectstudio.domain.transfer import DstConfig
from defectstudio.imaging.fusion import gaussian_mask
from defectstudio.imaging.histogram import match
from defectstudio.imaging.masks import Box, bounding_box, dilate, squared_distance, warp
from defectstudio.imaging.procedural.shapes import DEFECTS, shape
from defectstudio.imaging.surface import surface_under
from defectstudio.imaging.tone import FAR_PX, surround
from defectstudio.imaging.types import Image, Mask, Unit
from defectstudio.training.references import Reference

SCALES = 0.3, 1.1
"""How far a reference's mask is scaled."""
DRAWN = 0.25
"""Share of procedural shapes."""
LARGEST = 0.9
"""Of the canvas that a mask may cover in height and width."""
SMALLEST_PX = 8
"""Side of the smallest procedural shape."""


class PlacementBatches(Dataset[dict[str, Tensor]]):
    """Item `step` is the batch of that step: (seed, step) decide all.

    surface S, matched y (B, C, H, W) in [0, 1]; mask L and fusion g (B, 1, H, W); reference (B,)
    the index of the reference. L are the references' masks, turned, flipped and scaled, and some
    procedural shapes as thick as these; y is S outside of L (P2 Algorithm 2, first step).
    """

    def __init__(
        self,
        references: Sequence[Reference],
        crops: Sequence[Image],
        class_ids: Sequence[int],
        config: DstConfig,
    ) -> None:
        self.references, self.crops, self.config = list(references), list(crops), config
        self.class_ids = tuple(class_ids)
        self.channels = self.references[0].pixels.shape[2]
        self.masks = [self._fitting(reference.mask) for reference in self.references]

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([self.config.seed, step])
        drawn = [self._draw(rng) for _ in range(self.config.batch)]
        surface, matched, mask, fusion, reference = zip(*drawn, strict=True)
        stacked = {"surface": surface, "matched": matched, "mask": mask, "fusion": fusion}
        batch = {name: torch.from_numpy(np.stack(own)) for name, own in stacked.items()}
        return {**batch, "reference": torch.tensor(reference)}

    def _draw(
        self, rng: np.random.Generator
    ) -> tuple[
        NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], int
    ]:
        class_id = self.class_ids[int(rng.integers(len(self.class_ids)))]
        own = [n for n, one in enumerate(self.references) if one.class_id == class_id]
        index = own[int(rng.integers(len(own)))]
        mask = self._placed(self._shape(index, rng), rng)
        surface = self._surface(mask, rng)
        reference = self.references[index]
        matched = match(surface, mask, reference.pixels, reference.mask)
        g = gaussian_mask(mask, self.config.fusion)
        return _planes(surface), _planes(matched), mask[None].astype(np.float32), g[None], index

    def _shape(self, index: int, rng: np.random.Generator) -> Mask:
        scale = float(np.exp(rng.uniform(*np.log(SCALES))))
        angle, flip = float(rng.uniform(0, 360)), bool(rng.integers(2))
        real = self._fitting(warp(self.masks[index], scale=scale, angle=angle, flip=flip))
        return self._drawn(_radius(real), rng) if rng.random() < DRAWN else real

    def _drawn(self, radius: float, rng: np.random.Generator) -> Mask:
        """A procedural shape at least as thick as that: in lines of a few pixels a wide defect has
        no texture, and their loss, which nothing lowers, outweighs all others."""
        kind = DEFECTS[int(rng.integers(len(DEFECTS)))]
        largest = LARGEST * np.array([self.config.height, self.config.width])
        height, width = np.exp(rng.uniform(np.log(SMALLEST_PX), np.log(largest)))
        drawn = shape(kind, int(height), int(width), rng)
        margin = max(0, math.ceil(radius - _radius(drawn)))
        return self._fitting(dilate(np.pad(drawn, margin), margin))

    def _fitting(self, mask: Mask) -> Mask:
        """The mask in its tight box, scaled down where it is too large for the canvas."""
        box = bounding_box(mask)
        assert box is not None
        room = LARGEST * min(self.config.height / box.height, self.config.width / box.width)
        if room >= 1:
            return mask[box.slices]
        return warp(mask[box.slices], scale=room, angle=0.0, flip=False)

    def _placed(self, drawn: Mask, rng: np.random.Generator) -> Mask:
        """The shape, which fits, somewhere on the canvas."""
        mask = np.zeros((self.config.height, self.config.width), dtype=bool)
        top, left = (
            int(rng.integers(full - side + 1))
            for full, side in zip(mask.shape, drawn.shape, strict=True)
        )
        mask[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
        return mask

    def _surface(self, mask: Mask, rng: np.random.Generator) -> Unit:
        """A normal crop (H, W, C), mirrored at random."""
        crop = self.crops[int(rng.integers(len(self.crops)))]
        step = -1 if rng.integers(2) else 1
        crop = crop[:, ::step].copy()
        origin = (FAR_PX, FAR_PX)
        level = surround(crop, mask, origin) if self.config.tone == "relative" else None
        if level is not None and len(level) != self.channels:
            level = np.broadcast_to(level, self.channels)
        return surface_under(crop, Box(*origin, *mask.shape), self.channels, level)


def _radius(mask: Mask) -> float:
    """Of the largest disc in a mask (h, w), in pixels."""
    return float(np.sqrt(squared_distance(np.pad(mask, 1)).max()))


def _planes(pixels: Unit) -> NDArray[np.float32]:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=np.float32)
