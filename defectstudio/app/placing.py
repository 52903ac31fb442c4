"""Where a batch may put defects on a background, and why not elsewhere, as a small map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError
from defectstudio.domain.records import ImageRecord
from defectstudio.domain.specs import PlacementSettings
from defectstudio.imaging.placement import Refusal, reach
from defectstudio.imaging.reading import read_label
from defectstudio.imaging.shapes import Shape, shapes_in
from defectstudio.imaging.types import Mask

SIDE = 384
"""Pixels of the longer side of a map."""

_SHAPES = 12


class Zone(IntEnum):
    """What a place of the map is."""

    OPEN = 0
    EDGE = 1
    OUTSIDE = 2
    NARROW = 3


@dataclass(frozen=True)
class Placing:
    """zones: uint8 (h, w) of Zone; refused: how many of the shapes tried fit nowhere, by reason."""

    zones: NDArray[np.uint8]
    shapes: int
    refused: dict[Refusal, int]

    def share(self, zone: Zone) -> float:
        """The part of the image that is this, 0..1."""
        return float((self.zones == zone).mean())


def map_places(
    shape: tuple[int, int],
    region: Mask | None,
    shapes: Sequence[Shape],
    settings: PlacementSettings,
    rng: np.random.Generator,
) -> Placing:
    """Where the shapes of a class may come to lie on a background of this (height, width).

    region: where defects may fall, of that size; None: anywhere. Without shapes (a generator that
    draws its own) only edge and region count. The map is smaller than the image, so lengths are
    right to a pixel of the map. Raises ImageError for a region of another size.
    """
    if region is not None and region.shape != shape:
        raise ImageError(
            "the region is not of the background's size", remedy="Draw it on this background."
        )
    factor = min(1.0, SIDE / max(shape))
    small = (max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor)))
    allowed = None if region is None else _shrunk(region, small)
    edge = min(max(0, round(settings.edge_margin * factor)), *((side - 1) // 2 for side in small))
    reached = np.zeros(small, bool)
    near = replace(settings, edge_margin=edge, gap=0)
    refused: dict[Refusal, int] = {}
    if region is not None or not settings.stay_at_edge:
        shapes = [Shape(one.mask) for one in shapes]
    tried = [_turned(shapes, factor, settings, rng) for _ in range(_SHAPES if shapes else 0)]
    for one in tried:
        found = reach(one.mask, allowed, small, near, one.edges.scaled(factor))
        if isinstance(found, Refusal):
            refused[found] = refused.get(found, 0) + 1
        else:
            reached |= found
    zones = np.full(small, Zone.NARROW if shapes else Zone.OPEN, np.uint8)
    if allowed is not None:
        zones[~allowed] = Zone.OUTSIDE
    rim = np.ones(small, bool)
    rim[edge : small[0] - edge, edge : small[1] - edge] = False
    zones[rim] = Zone.EDGE
    zones[reached] = Zone.OPEN
    return Placing(zones, len(tried), refused)


def class_shapes(images: Iterable[ImageRecord], class_id: int) -> Sequence[Shape]:
    """The shapes of a class in labeled images, as batches take them. Raises ImageError."""
    files = (image.label_file for image in images if class_id in image.class_ids)
    return _shapes(tuple(file for file in files if file is not None), class_id)


@lru_cache(maxsize=4)
def _shapes(labels: tuple[Path, ...], class_id: int) -> tuple[Shape, ...]:
    """Files of a project never change, so that what was read once is known."""
    return tuple(one for file in labels for one in shapes_in(read_label(file), class_id))


def _turned(
    shapes: Sequence[Shape], factor: float, settings: PlacementSettings, rng: np.random.Generator
) -> Shape:
    """A shape as a batch would warp it, at the scale of the map."""
    shape = shapes[int(rng.integers(len(shapes)))]
    low, high = np.log(settings.scale_min), np.log(settings.scale_max)
    scale = float(np.exp(rng.uniform(low, high))) * factor
    return shape.warped(rng, scale=scale, turn=settings.rotate, flip=settings.flip)


def _shrunk(region: Mask, shape: tuple[int, int]) -> Mask:
    """Allowed where at least half of what a pixel stands for is."""
    size = (shape[1], shape[0])
    soft = cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(soft >= 0.5)
