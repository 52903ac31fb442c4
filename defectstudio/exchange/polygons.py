"""Masks as polygons, one ring a part, that fill to the same pixels again.

A ring of pixel centres runs through the outermost pixels of a part, as `cv2.fillPoly` draws it.
A ring of corners runs around the pixels, as COCO's rasteriser fills it. Holes hang on their
part's ring by a bridge that is walked to and fro.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.masks import Box, components
from defectstudio.imaging.types import Mask

Ring = NDArray[np.int32]
"""(N, 2) of x, y."""


def pixel_rings(mask: Mask) -> list[Ring]:
    """A ring of pixel centres for each part of a bool mask (H, W), 8-connected,
    at least three points each."""
    return [_ring(part) + _corner(box) for part, box in components(mask)]


def corner_rings(mask: Mask) -> list[Ring]:
    """A ring of pixel corners for each 8-connected part of a bool mask (H, W)."""
    # Twice as large, a corner lies between the pixels 2x - 1 and 2x.
    return [
        (_ring(np.kron(part, np.ones((2, 2), bool))) + 1) // 2 + _corner(box)
        for part, box in components(mask)
    ]


def fill(rings: Sequence[Ring], height: int, width: int) -> Mask:
    """bool (height, width): the union of rings of pixel centres, as `cv2.fillPoly` draws them."""
    canvas = np.zeros((height, width), np.uint8)
    for ring in rings:
        cv2.fillPoly(canvas, [ring.astype(np.int32)], 1)
    return canvas.astype(bool)


def _corner(box: Box) -> Ring:
    return np.array([box.left, box.top], np.int32)


def _ring(part: Mask) -> Ring:
    """The ring of a single part, its holes hung on from left to right."""
    contours, levels = cv2.findContours(
        part.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
    )
    rings = [contour[:, 0].astype(np.int32) for contour in contours]
    outer = next(i for i, level in enumerate(levels[0]) if level[3] < 0)
    holes = sorted((rings[i] for i in range(len(rings)) if i != outer), key=lambda r: r[:, 0].min())
    ring = rings[outer]
    for hole in holes:
        ring = _hung(ring, hole, part)
    return _plain(ring)


def _hung(ring: Ring, hole: Ring, part: Mask) -> Ring:
    """`ring` with a walk to `hole`, around it and back. The walk keeps to the row of the hole's
    leftmost pixel and to the part; whatever ends it there is on the ring already."""
    start = int(hole[:, 0].argmin())
    x, y = (int(value) for value in hole[start])
    outside = np.flatnonzero(~part[y, :x])
    foot = int(outside[-1]) + 1 if outside.size else 0
    at = int(np.flatnonzero((ring[:, 0] == foot) & (ring[:, 1] == y))[0])
    around = np.concatenate([hole[start:], hole[: start + 1]])
    return np.concatenate([ring[: at + 1], around, ring[at:]])


def _plain(ring: Ring) -> Ring:
    """Without the points in the midst of straight runs; filled up to three points."""
    steps = np.sign(np.roll(ring, -1, axis=0) - ring)
    turns = (steps != np.roll(steps, 1, axis=0)).any(axis=1)
    plain = ring[turns] if turns.any() else ring[:1]
    return plain if len(plain) >= 3 else np.resize(plain, (3, 2))
