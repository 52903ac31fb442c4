"""Where a defect may fall, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError
from defectstudio.domain.specs import PlacementSettings
from defectstudio.imaging.masks import Box, bounding_box, dilate, squared_distance
from defectstudio.imaging.shapes import FREE, Edges
from defectstudio.imaging.types import Mask

Places = NDArray[np.int64]

_DRAWS = 256
_SPARSE = 16
_STRIDE = 13


class Refusal(StrEnum):
    """Why a shape was not placed."""

    EMPTY_SHAPE = "the shape has no pixels"
    TOO_LARGE = "the shape does not fit between the edges of the image"
    OUTSIDE_REGION = "the shape fits nowhere inside the allowed region"
    TOO_CLOSE = "the shape fits nowhere at the wanted gap from the other defects"


def place(  # noqa: PLR0917 - six plain things to know, none of them optional
    shape: Mask,
    allowed: Mask | None,
    occupied: Mask,
    image_shape: tuple[int, int],
    settings: PlacementSettings,
    rng: np.random.Generator,
    edges: Edges = FREE,
) -> tuple[int, int] | Refusal:
    """A random place for a shape: (top, left) of its array in the image, or why there is none.

    shape: bool (h, w); allowed: bool (H, W), where defects may lie, None: everywhere; occupied:
    bool (H, W), where defects lie already. A place is legal when every pixel of the shape is
    allowed, at least `edge_margin` px away from the image's border and more than `gap` px
    (Euclidean, between pixel centres) away from every occupied pixel; with `edges` as far from
    those borders as they say, whatever the margin. Every legal place is equally likely, and one
    is found whenever there is one. top and left may be negative when the shape's array has an
    empty rim. Raises ImageError when a plane has not the image's shape.
    """
    if occupied.shape != image_shape or (allowed is not None and allowed.shape != image_shape):
        raise ImageError(
            f"the allowed region or the occupied plane is not {image_shape[0]} x {image_shape[1]}",
            remedy="Use planes of the background's height and width.",
        )
    box = bounding_box(shape)
    if box is None:
        return Refusal.EMPTY_SHAPE
    start = _starts(box, allowed, image_shape, settings.edge_margin, edges)
    if isinstance(start, Refusal):
        return start
    room = _Room(allowed, occupied, settings.gap)
    tight = shape[box.slices]
    found = room.draw(tight, start, rng) or room.exhaust(tight, start, rng)
    return found if isinstance(found, Refusal) else (found[0] - box.top, found[1] - box.left)


def reach(
    shape: Mask,
    allowed: Mask | None,
    image_shape: tuple[int, int],
    settings: PlacementSettings,
    edges: Edges = FREE,
) -> Mask | Refusal:
    """Every pixel (H, W) that a shape covers at one of its legal places in an empty image, or why
    it has none; see `place`."""
    box = bounding_box(shape)
    if box is None:
        return Refusal.EMPTY_SHAPE
    start = _starts(box, allowed, image_shape, settings.edge_margin, edges)
    if isinstance(start, Refusal):
        return start
    tight = shape[box.slices]
    area = Box(start.top, start.left, start.height + box.height - 1, start.width + box.width - 1)
    free = np.ones(start.shape, bool)
    if allowed is not None:
        free[:] = False
        free.flat[_legal(tight, ~allowed[area.slices])] = True
    if not free.any():
        return Refusal.OUTSIDE_REGION
    covered = np.zeros(image_shape, bool)
    # In floats, where a place that is covered once is 1 and rounding errors are tiny.
    covered[area.slices] = scipy.signal.fftconvolve(free.astype(float), tight.astype(float)) > 0.5
    return covered


def _starts(
    shape: Box, allowed: Mask | None, image_shape: tuple[int, int], margin: int, edges: Edges
) -> Box | Refusal:
    """The places of a tight shape's first row and column that edges and region leave open."""
    top, height = _between(edges.top, edges.bottom, image_shape[0], shape.height, margin)
    left, width = _between(edges.left, edges.right, image_shape[1], shape.width, margin)
    inner = Box(top, left, height, width)
    if shape.height > inner.height or shape.width > inner.width:
        return Refusal.TOO_LARGE
    if allowed is not None:
        region = bounding_box(allowed[inner.slices])
        if region is None or shape.height > region.height or shape.width > region.width:
            return Refusal.OUTSIDE_REGION
        inner = region.moved(inner.top, inner.left)
    rows, columns = inner.height - shape.height + 1, inner.width - shape.width + 1
    return Box(inner.top, inner.left, rows, columns)


def _between(
    near: int | None, far: int | None, side: int, length: int, margin: int
) -> tuple[int, int]:
    """Where a shape of some length may lie along a side of the image: first pixel and length.

    near, far: its distances from the two ends; of both, the smaller one is kept.
    """
    if near is not None and (far is None or near <= far):
        return near, min(length, side - near)
    if far is not None:
        first = max(0, side - far - length)
        return first, side - far - first
    return margin, side - 2 * margin


@dataclass(frozen=True)
class _Room:
    """What a place must respect beside the image's edges."""

    allowed: Mask | None
    occupied: Mask
    gap: int

    def draw(self, shape: Mask, start: Box, rng: np.random.Generator) -> tuple[int, int] | None:
        """The first legal one of some places drawn with equal chance; reads only what it tries."""
        rows = start.top + rng.integers(start.height, size=_DRAWS)
        columns = start.left + rng.integers(start.width, size=_DRAWS)
        grown: Mask | None = None
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            window = Box(row, column, *shape.shape)
            if self.allowed is not None and not self.allowed[window.slices][shape].all():
                continue
            seen = window.grown(self.gap).clipped(self.occupied.shape)
            near = self.occupied[seen.slices]
            if near.any():
                if grown is None:
                    grown = dilate(np.pad(shape, self.gap), self.gap)
                near = near & grown[seen.moved(self.gap - row, self.gap - column).slices]
            if not near.any():
                return row, column
        return None

    def exhaust(
        self, shape: Mask, start: Box, rng: np.random.Generator
    ) -> tuple[int, int] | Refusal:
        """One of all legal places with equal chance, or the reason why there is none."""
        height, width = shape.shape
        area = Box(start.top, start.left, start.height + height - 1, start.width + width - 1)
        around = area.grown(self.gap).clipped(self.occupied.shape)
        near = dilate(self.occupied[around.slices], self.gap)
        near = near[area.moved(-around.top, -around.left).slices]
        outside = np.zeros_like(near) if self.allowed is None else ~self.allowed[area.slices]
        legal = _legal(shape, near | outside)
        if legal.size == 0:
            shut_out = outside.any() and _legal(shape, outside).size == 0
            return Refusal.OUTSIDE_REGION if shut_out else Refusal.TOO_CLOSE
        row, column = divmod(int(rng.choice(legal)), start.width)
        return start.top + row, start.left + column


def _legal(shape: Mask, blocked: Mask) -> Places:
    """Flat numbers of all places in (H - h + 1, W - w + 1) where the shape meets nothing blocked.

    Row by row of the shape: the blocked pixels under a run are the difference of two running sums.
    """
    height = blocked.shape[0] - shape.shape[0] + 1
    width = blocked.shape[1] - shape.shape[1] + 1
    sums = np.zeros((blocked.shape[0], blocked.shape[1] + 1), dtype=np.int32)
    np.cumsum(blocked, axis=1, out=sums[:, 1:])
    free = _ball_fits(shape, blocked)
    runs = _runs(shape)
    while runs and np.count_nonzero(free) > free.size // _SPARSE:
        row, first, last = runs.pop()
        rows = sums[row : row + height]
        free &= rows[:, last : last + width] == rows[:, first : first + width]
    legal = np.flatnonzero(free)
    flat, stride = sums.ravel(), sums.shape[1]
    corner = legal // width * stride + legal % width
    for row, first, last in runs:
        kept = flat[corner + (row * stride + last)] == flat[corner + (row * stride + first)]
        legal, corner = legal[kept], corner[kept]
    return legal


def _ball_fits(shape: Mask, blocked: Mask) -> Mask:
    """Places (H - h + 1, W - w + 1) where at least the shape's greatest ball meets nothing."""
    inner = squared_distance(np.pad(shape, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(inner)), shape.shape)
    height, width = (np.array(blocked.shape) - shape.shape + 1).tolist()
    room = squared_distance(~blocked)
    fits: Mask = room[row : row + height, column : column + width] >= inner[row, column]
    return fits


def _runs(shape: Mask) -> list[tuple[int, int, int]]:
    """The shape's runs (row, first column, column after the last).

    From the end of the list, rows lie far apart, since neighbours exclude nearly the same places.
    """
    steps = np.diff(np.pad(shape, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, firsts = np.nonzero(steps == 1)
    lasts = np.nonzero(steps == -1)[1]
    runs = list(zip(rows.tolist(), firsts.tolist(), lasts.tolist(), strict=True))
    return [run for step in range(_STRIDE) for run in runs[step::_STRIDE]][::-1]
