"""Contents on one grey canvas: as they are compared with each other, whatever made them.

A content is seen relative to its surface (imaging.tone), as a real defect is, so that the grey of
the canvas is the surface itself and different light tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.tone import surround, to_relative
from defectstudio.imaging.types import Image, Mask, Unit
from defectstudio.metrics.alignment import GREY

MARGIN = 2
"""Free pixels around a content on its canvas."""
SIDE = 32
"""Side of the canvases on which copies are looked for by their pixels."""
SIGMA = 0.8
"""Smoothing there, in pixels."""


@dataclass(frozen=True)
class Look:
    """How contents are shown: side of the square canvas, largest enlargement, channels 1 or 3."""

    side: int
    enlarge: float
    channels: int


def laid(placed: PlacedContent, background: Image, look: Look) -> tuple[Unit, Mask]:
    """A content as its surface makes it look, on its canvas (see `on_canvas`)."""
    level = surround(background, placed.raw_mask, (placed.top, placed.left))
    pixels = to_relative(with_channels(placed.pixels, level.size), level)
    return on_canvas(pixels, placed.raw_mask, look)


def on_canvas(pixels: Unit, mask: Mask, look: Look) -> tuple[Unit, Mask]:
    """The content (h, w, C) inside its mask (h, w), centred on a grey canvas: (S, S, C), (S, S).

    Scaled to fit, enlarged at most by look.enlarge. An empty mask gives an empty canvas.
    """
    canvas = np.full((look.side, look.side, look.channels), GREY, np.float32)
    inside = np.zeros((look.side, look.side), bool)
    box = bounding_box(mask)
    if box is None:
        return canvas, inside
    held = mask[box.slices]
    shape, how = _fitted(box, look)
    # Only what the mask holds is averaged, so that no rim takes the colour of the canvas.
    cover = resized(held.astype(np.float32), shape, how)
    own = with_channels(pixels, look.channels)[box.slices]
    sums = resized(np.where(held[..., None], own, np.float32(0)), shape, how)
    kept = cover >= min(0.4, float(cover.max()))
    top, left = (look.side - shape[0]) // 2, (look.side - shape[1]) // 2
    where = np.s_[top : top + shape[0], left : left + shape[1]]
    means = sums.reshape(*shape, -1) / np.maximum(cover, 1e-6)[..., None]
    canvas[where] = np.where(kept[..., None], np.clip(means, 0, 1), np.float32(GREY))
    inside[where] = kept
    return canvas, inside


def without_grain(canvases: Unit, masks: Mask) -> tuple[Unit, Mask]:
    """Canvases (N, S, S, C) and masks (N, S, S) at SIDE, smoothed.

    Two noisy pictures are farther apart than a noisy and a smooth one, which so would look like a
    copy. A pixel belongs to the mask where half of it did, or the fullest where none is so full.
    """
    count, channels = len(canvases), canvases.shape[3]
    small = np.empty((count, SIDE, SIDE, channels), np.float32)
    held = np.empty((count, SIDE, SIDE), bool)
    for n, (canvas, mask) in enumerate(zip(canvases, masks, strict=True)):
        own = mask.astype(np.float32)
        cover = _shrunk(own)
        soft = _shrunk(canvas * own[..., None]).reshape(*cover.shape, channels)
        small[n] = soft / np.maximum(cover, 1e-6)[..., None]
        held[n] = (cover >= min(0.5, float(cover.max()))) & (cover > 0)
    return np.clip(small, 0, 1), held


def resized(pixels: Unit, shape: tuple[int, int], how: int) -> NDArray[np.float32]:
    """Of another (height, width); how: OpenCV's interpolation."""
    out = cv2.resize(np.ascontiguousarray(pixels), (shape[1], shape[0]), interpolation=how)
    return np.asarray(out, np.float32)


def _fitted(box: Box, look: Look) -> tuple[tuple[int, int], int]:
    scale = min((look.side - 2 * MARGIN) / max(box.height, box.width), look.enlarge)
    shape = (max(1, round(box.height * scale)), max(1, round(box.width * scale)))
    return shape, cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR


def _shrunk(plane: Unit) -> Unit:
    """Resized to SIDE and smoothed; the quotient of two of them is a mean inside the mask."""
    small = cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), SIGMA), np.float32)
