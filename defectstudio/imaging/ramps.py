"""How far content stands back at the rim of its mask: distances and soft ramps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import squared_distance
from defectstudio.imaging.types import Mask

Distances = NDArray[np.float32]

_SPREADS = [cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_RECT, cv2.MORPH_CROSS)]

THIN = 0.6
"""Share of a thin part's half-width that its ramp may take (BLENDING: adaptive ramp)."""


def depth(mask: Mask, open_sides: tuple[int, int, int, int]) -> Distances:
    """Euclidean distance (h, w) of every pixel to the nearest one outside the mask; 1 at the rim.

    open_sides: (top, bottom, left, right), 1 where pixels outside the mask follow beyond that
    border of the array, 0 where the image ends: a border of the image is no rim of the content.
    Without any pixel outside it is a huge number everywhere.
    """
    top, bottom, left, right = open_sides
    around = cv2.copyMakeBorder(mask.view(np.uint8), top, bottom, left, right, cv2.BORDER_CONSTANT)
    squares = squared_distance(around.view(np.bool_))
    height, width = mask.shape
    return np.sqrt(squares[top : top + height, left : left + width]).astype(np.float32)


def ramp(distance: Distances, ramp_px: int) -> Distances:
    """alpha = D / min(ramp_px, 0.6 half-width), at most 1: the content's share of a pixel.

    The half-width of a pixel is the greatest depth of the mask whose ball reaches it, so that a
    part thinner than the ramp gets a shorter one and keeps its contrast: a line of 1 or 2 px
    is all content, one of 3 px has 5/6 at its rim and 1 in its middle.
    """
    share = distance / np.minimum(ramp_px, THIN * _half_width(distance, ramp_px))
    alpha: Distances = np.minimum(share, 1)
    return alpha


def _half_width(distance: Distances, ramp_px: int) -> Distances:
    """max D(c) over pixels c with |p - c| <= j < D(c), as far as the ramp can feel it.

    By Horner's scheme: what is deeper than j spreads one pixel further for each j, by squares
    and crosses in turn, which makes an octagon of radius j. Outside the mask it is 1.
    """
    width = np.zeros_like(distance)
    for reach in range(int(ramp_px / THIN), 0, -1):
        deeper = cv2.threshold(distance, reach, 0, cv2.THRESH_TOZERO)[1]
        spread = cv2.dilate(cv2.max(width, deeper), _SPREADS[reach % 2])
        width = spread.astype(np.float32, copy=False)
    return np.maximum(np.maximum(width, distance), np.float32(1))
