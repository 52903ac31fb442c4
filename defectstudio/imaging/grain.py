"""Whether a surface has a grain: one direction that its fine structure keeps, picture for picture.

The structure tensor (Bigun and Granlund 1987) of what is finer than COARSE pixels, added up over
the pictures; no edge counts more than the median one, so that no defect or border speaks for the
surface.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.types import Image, Unit, planes

SIDE = 256
"""Root of the area in pixels to which larger pictures are reduced."""
COARSE, FINE = 8.0, 1.0
"""Deviations in pixels of the Gaussians between which structure is looked at."""
STRONG = 50.0
"""Percentile of the gradient's square above which a pixel counts no more."""
ORIENTED = 0.33
"""Coherence from which a surface has a grain. Measured, with defects: sawn wood 0.76, ground
magnetic tile 0.41; leather 0.24, carpet 0.06, concrete 0.03."""
_DARK = 0.03


@dataclass(frozen=True)
class Grain:
    """coherence: 0 for no direction, 1 for lines of one direction alone. degrees: that of the
    lines, 0..180 counterclockwise, 0 is level."""

    coherence: float
    degrees: float

    @property
    def oriented(self) -> bool:
        """Whether the surface has a grain."""
        return self.coherence >= ORIENTED


def grain(images: Iterable[Image]) -> Grain:
    """Of pictures (H, W) or (H, W, C), uint8 or uint16, of one surface the same way up."""
    xx, yy, xy = np.sum([_tensor(_light(image)) for image in images], axis=0)
    coherence = float(np.hypot(xx - yy, 2 * xy) / max(xx + yy, 1e-9))
    # The gradient lies across the lines; rows count downward.
    across = np.degrees(np.arctan2(2 * xy, xx - yy)) / 2
    return Grain(coherence, float((90 - across) % 180))


def _light(image: Image) -> Unit:
    """The logarithm of the brightness, so that another exposure changes nothing."""
    grey = with_channels(to_unit(planes(image)), 1)[..., 0]
    scale = min(1.0, SIDE / (grey.shape[0] * grey.shape[1]) ** 0.5)
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    bright = max(float(np.percentile(small, 99)), 1e-3)
    return np.asarray(np.log(small / bright + _DARK), np.float32)


def _tensor(light: Unit) -> NDArray[np.float64]:
    """(xx, yy, xy) of one picture, of trace 1; 0 for a flat one."""
    band = cv2.GaussianBlur(light, (0, 0), FINE) - cv2.GaussianBlur(light, (0, 0), COARSE)
    right, down = (cv2.Sobel(band, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    square = right * right + down * down
    weight = np.minimum(1, np.percentile(square, STRONG) / np.maximum(square, 1e-12))
    parts = (right * right, down * down, right * down)
    xx, yy, xy = (float((weight * part).sum(dtype=np.float64)) for part in parts)
    return np.array([xx, yy, xy]) / max(xx + yy, 1e-9)
