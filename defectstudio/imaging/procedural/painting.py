"""Paint laid over a surface, with the account of where it lies."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.procedural.noise import Field, soften
from defectstudio.imaging.procedural.textures import Surface

Colour = tuple[float, float, float]
"""RGB, each in [0, 1] (a factor may be above 1)."""

COVERED = 0.3
"""A pixel belongs to the defect from this total alpha on. Below it nothing is painted, so the
mask holds every pixel that differs from the clean surface: outside it the difference is 0."""

MIN_AREA = 3
"""Painted specks of fewer pixels (4-connected) are left out."""

LENS_PX = 0.45
"""Deviation of the lens blur that paint gets, as the surface has it already."""


@dataclass
class Painting:
    """Layers over a surface. `light`: unit (row, column) towards the lamp."""

    ground: Surface
    light: tuple[float, float]
    colour: Field = field(init=False)
    alpha: Field = field(init=False)

    def __post_init__(self) -> None:
        self.colour = self.ground.colour.copy()
        self.alpha = np.zeros(self.colour.shape[:2], dtype=np.float32)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.alpha.shape[0], self.alpha.shape[1]

    def lay(self, paint: Field | Colour, coverage: NDArray[np.floating]) -> None:
        """Cover with `paint` (H, W, 3), or one colour, by `coverage` (H, W) in [0, 1]."""
        alpha = np.clip(soften(coverage.astype(np.float32), LENS_PX), 0, 1)[:, :, None]
        self.colour = np.asarray(
            self.colour + (np.asarray(paint, dtype=np.float32) - self.colour) * alpha,
            dtype=np.float32,
        )
        self.alpha = np.asarray(1 - (1 - self.alpha) * (1 - alpha[:, :, 0]), dtype=np.float32)

    def filter(self, factor: Field | Colour, coverage: NDArray[np.floating]) -> None:
        """Multiply what is there by `factor` (H, W, 3), or one colour, where `coverage` lies."""
        self.lay(
            np.asarray(self.colour * np.asarray(factor, dtype=np.float32), dtype=np.float32),
            coverage,
        )

    def finish(self) -> tuple[Field, NDArray[np.bool_]]:
        """The painted surface (H, W, 3) and the bool (H, W) mask of the paint."""
        mask = without_specks(self.alpha >= np.float32(COVERED))
        return np.where(mask[:, :, None], self.colour, self.ground.colour), mask


def without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without 4-connected components of fewer than MIN_AREA pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    keep = stats[:count, cv2.CC_STAT_AREA] >= MIN_AREA
    keep[0] = False
    return np.asarray(keep[labels], dtype=np.bool_)


def facing(coverage: Field, light: tuple[float, float], sigma: float) -> Field:
    """How far the edge of a covered region, seen as a wall falling inwards, faces the lamp.

    float32 (H, W) in [-1, 1]: positive where the wall is lit (the far side from the lamp).
    """
    soft = soften(coverage, sigma)
    slope_y, slope_x = cv2.Sobel(soft, cv2.CV_32F, 0, 1), cv2.Sobel(soft, cv2.CV_32F, 1, 0)
    length = np.sqrt(slope_y * slope_y + slope_x * slope_x) + np.float32(1e-4)
    towards = slope_y * np.float32(light[0]) + slope_x * np.float32(light[1])
    return np.asarray(towards / length, dtype=np.float32)


def depth(coverage: Field) -> Field:
    """Distance in pixels of every covered pixel (half and more) from the uncovered, float32."""
    inside = (coverage >= 0.5).astype(np.uint8)
    framed = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1], dtype=np.float32)
