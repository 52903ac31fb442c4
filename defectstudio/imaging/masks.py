"""Bool masks (H, W): boxes, run lengths, components, dilation, warping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import scipy
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError, RecipeError
from defectstudio.domain.recipe import EncodedMask
from defectstudio.imaging.types import Mask

MAX_PIXELS = 1 << 28
"""No mask that is decoded or warped may be larger; a damaged recipe cannot fill the memory."""

Positions = NDArray[np.float64]

_STRIP = 64
_REMEMBERED = 1 << 16
"""Pixels of the largest masks whose skeletons are remembered."""
_EVERY_NEIGHBOUR = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels: rows top..bottom-1, columns left..right-1."""

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """The first column right of the box."""
        return self.left + self.width

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the box in an image that it lies inside of."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def moved(self, rows: int, columns: int) -> Box:
        """The box, shifted."""
        return Box(self.top + rows, self.left + columns, self.height, self.width)

    def grown(self, px: int) -> Box:
        """The box with `px` more on every side."""
        return Box(self.top - px, self.left - px, self.height + 2 * px, self.width + 2 * px)

    def clipped(self, shape: tuple[int, ...]) -> Box:
        """The part inside an image of (height, width, ...); height and width 0 if there is none."""
        top, left = min(max(self.top, 0), shape[0]), min(max(self.left, 0), shape[1])
        bottom, right = min(self.bottom, shape[0]), min(self.right, shape[1])
        return Box(top, left, max(bottom - top, 0), max(right - left, 0))


def encode(mask: Mask) -> EncodedMask:
    """Row-major run lengths of a bool mask (h, w), zeros first.

    Raises ImageError when the mask is not a bool plane with at least one pixel.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_ or mask.size == 0:
        raise ImageError(
            f"a mask must be a bool plane, not {mask.dtype} {mask.shape}",
            remedy="Pass an array of shape (height, width) and dtype bool.",
        )
    flat = mask.ravel()
    ends = np.append(np.flatnonzero(flat[1:] != flat[:-1]) + 1, flat.size)
    counts = np.diff(ends, prepend=0).tolist()
    height, width = mask.shape
    return EncodedMask(height, width, tuple([0, *counts] if flat[0] else counts))


def decode(encoded: EncodedMask) -> Mask:
    """The bool mask (h, w) of its run lengths. Raises RecipeError when they do not fit."""
    size = encoded.height * encoded.width
    fits = all(count >= 0 for count in encoded.counts) and sum(encoded.counts) == size
    if not fits or not 0 < size <= MAX_PIXELS:
        raise RecipeError(
            f"the run lengths of a mask do not make {encoded.height} x {encoded.width} pixels",
            remedy="The recipe is damaged; make the sample again.",
        )
    values = np.arange(len(encoded.counts)) % 2 == 1
    return np.repeat(values, encoded.counts).reshape(encoded.height, encoded.width)


def bounding_box(mask: Mask) -> Box | None:
    """The smallest box that holds every true pixel; None for an empty mask."""
    if mask.size == 0:
        return None
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return Box(top, left, height, width) if width else None


def components(mask: Mask, join_px: int = 0) -> list[tuple[Mask, Box]]:
    """The 8-connected parts in raster order, each in its tight box, and the box.

    Parts with at most `join_px` pixels between them are one (0: only those that touch).
    """
    joined = dilate(mask, (join_px + 1) / 2) if join_px else mask
    numbers, _ = scipy.ndimage.label(joined, structure=_EVERY_NEIGHBOUR)
    parts = []
    for number, where in enumerate(scipy.ndimage.find_objects(numbers), start=1):
        own = mask[where] & (numbers[where] == number)
        inner = bounding_box(own)
        assert inner is not None, "every part holds a pixel of the mask"
        parts.append((own[inner.slices], inner.moved(where[0].start, where[1].start)))
    return parts


def dilate(mask: Mask, px: float) -> Mask:
    """Every pixel at most `px` (Euclidean, between pixel centres) from a true one."""
    box = bounding_box(mask)
    grown = np.zeros(mask.shape, dtype=bool)
    if box is None:
        return grown
    area = box.grown(math.ceil(px)).clipped(mask.shape)
    grown[area.slices] = squared_distance(~mask[area.slices]) <= px * px
    return grown


def squared_distance(mask: Mask) -> NDArray[np.float64]:
    """Squared Euclidean distance (h, w) of every true pixel to the nearest false one, 0 at these.

    Whole numbers, exact up to distances of 1000 px; huge where no pixel is false.
    OpenCV's distances differ in their last bit from call to call (5.0, by the memory's alignment);
    rounding the squares makes them the same always.
    """
    distance = cv2.distanceTransform(
        np.ascontiguousarray(mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    squares: NDArray[np.float64] = np.rint(np.square(distance, dtype=np.float64))
    return squares


def warp(mask: Mask, *, scale: float, angle: float, flip: bool) -> Mask:
    """The mask mirrored (left to right, if `flip`), then turned by `angle`, then scaled.

    angle: degrees, counter-clockwise on the screen; scale: a factor > 0. Returns a bool mask in
    its tight box. A pixel is set where at least half of it is covered; lines too thin for that
    are drawn one pixel wide, so that no part vanishes and none falls apart: never more 8-connected
    parts than before. Without change of scale and by multiples of 90 degrees it is exact.
    Raises ImageError for an empty mask, a scale that is not positive, or a huge result.
    """
    box = bounding_box(mask)
    if box is None or not scale > 0:
        raise ImageError(
            f"a mask of {int(mask.sum())} pixels cannot be scaled by {scale}",
            remedy="Use a mask with at least one pixel and a scale above 0.",
        )
    source = mask[box.slices][:, :: -1 if flip else 1]
    plan = _Warp.of(source.shape, scale, angle)
    thin = _thin_lines(source, plan)
    return _tight(_keep_touching(_covered(source, plan) | thin, thin))


@dataclass(frozen=True)
class _Warp:
    """Result position = matrix @ (source position - source_centre) + centre, (row, column)."""

    matrix: Positions
    source_centre: Positions
    centre: Positions
    shape: tuple[int, int]
    samples: int
    """Samples a side of a result pixel: dense enough that no source pixel is stepped over."""

    @classmethod
    def of(cls, source: tuple[int, ...], scale: float, angle: float) -> _Warp:
        # Rows point down, so that a counter-clockwise quarter turn moves right to up.
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        matrix = scale * np.array([[cos, -sin], [sin, cos]])
        extent = np.abs(matrix) @ np.array(source, dtype=np.float64)
        height, width = (math.ceil(side - 1e-6) + 2 for side in extent)
        if height * width > MAX_PIXELS:
            raise ImageError(
                f"the mask would have {height} x {width} pixels", remedy="Use a smaller scale."
            )
        return cls(
            matrix,
            (np.array(source) - 1) / 2,
            (np.array([height, width]) - 1) / 2,
            (height, width),
            max(2, math.ceil(2 / scale)),
        )


def _covered(source: Mask, warp: _Warp) -> Mask:
    """Pixels of the result of which at least half is covered, by bilinear samples of the source.

    Only those are sampled whose samples may differ: most lie wholly inside or outside.
    """
    back: Positions = np.linalg.inv(warp.matrix).astype(np.float64)
    # From a sample to its pixel's centre, from there to the nearest source pixel, and a neighbour.
    apart = float(np.abs(back).sum(axis=1).max()) * (1 - 1 / warp.samples) / 2
    reach = math.floor(apart + 0.5 + 1)
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    padded = np.pad(source, reach + 1).view(np.uint8)
    some_whole = np.add(cv2.dilate(padded, window), cv2.erode(padded, window), dtype=np.uint8)
    soft = np.pad(source, 1).astype(np.float32)
    covered = np.zeros(warp.shape, dtype=bool)
    for first in range(0, warp.shape[0], _STRIP):
        strip, corner = covered[first : first + _STRIP], np.array([first, 0]) - warp.centre
        origin = warp.source_centre + reach + 1
        under = _under(some_whole, strip.shape, back, corner, origin)
        np.equal(under, 2, out=strip)
        cells = np.nonzero(under == 1)
        strip[cells] = _means(soft, cells, back, corner, warp) >= 0.5
    return covered


def _under(
    plane: NDArray[np.uint8],
    shape: tuple[int, ...],
    back: Positions,
    corner: Positions,
    origin: Positions,
) -> NDArray[np.uint8]:
    """The plane's pixels nearest to the pixels (h, w) from a corner of the result."""
    rows, columns = (first + np.arange(side) for first, side in zip(corner, shape, strict=True))
    flat = np.zeros(shape)
    for (down, right), start, side in zip(back, origin, plane.shape, strict=True):
        nearest = np.add((down * rows + start)[:, None], right * columns)
        np.rint(nearest, out=nearest)
        flat *= side
        flat += np.clip(nearest, 0, side - 1, out=nearest)
    return plane.ravel().take(flat.astype(np.intp))


def _means(
    soft: NDArray[np.float32],
    cells: tuple[NDArray[np.intp], ...],
    back: Positions,
    corner: Positions,
    warp: _Warp,
) -> NDArray[np.float32]:
    """The mean (n,) of the samples of n pixels (row, column) from a corner of the result."""
    count = warp.samples
    fine, steps = back / count, np.arange(count)
    # Sample i lies at (i + 0.5) / samples - 0.5 of the result's pixels.
    origin = fine @ ((corner - 0.5) * count + 0.5) + warp.source_centre + 1
    row = cells[0] * count + steps[:, None, None]
    column = cells[1] * count + steps[:, None]
    positions = np.empty((2, count, count, len(cells[0])))
    for axis, ((down, right), start) in enumerate(zip(fine, origin, strict=True)):
        np.add(down * row, right * column, out=positions[axis])
        positions[axis] += start
    values = scipy.ndimage.map_coordinates(soft, positions, order=1)
    # Summed along the columns first: another order has other last bits, and half is half.
    mean: NDArray[np.float32] = np.ascontiguousarray(values.transpose(0, 2, 1)).mean((0, 2))
    return mean


def _thin_lines(source: Mask, warp: _Warp) -> Mask:
    """The skeleton of the source drawn into the result, one pixel wide and as connected."""
    find = _skeleton if source.size <= _REMEMBERED else _skeleton.__wrapped__
    pixels, links = find(source.tobytes(), source.shape)
    moved = _moved(pixels, warp)
    drawn = np.zeros(warp.shape, dtype=np.uint8)
    drawn[tuple(moved.T)] = 1
    lines = moved[links]
    torn = np.abs(lines[:, 1] - lines[:, 0]).max(axis=1) > 1
    cv2.polylines(drawn, list(lines[torn][..., ::-1]), False, 1)
    return drawn.view(bool)


def _moved(pixels: NDArray[np.intp], warp: _Warp) -> NDArray[np.int32]:
    """The result's pixels (n, 2) nearest to where source pixels (n, 2) go."""
    row, column = (pixels - warp.source_centre).T[:, :, None]
    exact = warp.matrix[:, 0] * row + warp.matrix[:, 1] * column + warp.centre
    moved: NDArray[np.int32] = np.rint(exact).astype(np.int32)
    return moved


@lru_cache(maxsize=128)
def _skeleton(pixels: bytes, shape: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pixels (n, 2) of a mask's skeleton and its links (m, 2), which name two of them each: a
    batch warps the same few shapes over and over."""
    bones = _bones(np.frombuffer(pixels, bool).reshape(shape))
    return np.argwhere(bones), _links(bones)


def _bones(source: Mask) -> Mask:
    """A skeleton with at least one pixel in every 8-connected part."""
    from skimage.morphology import skeletonize  # dear to import, and no window starts with it

    bones: Mask = skeletonize(np.pad(source, 1))[1:-1, 1:-1]  # type: ignore[no-untyped-call]
    numbers, _ = scipy.ndimage.label(source, structure=_EVERY_NEIGHBOUR)
    present, first = np.unique(numbers, return_index=True)
    bones.flat[first[~np.isin(present, np.append(numbers[bones], 0))]] = True
    return bones


def _links(bones: Mask) -> NDArray[np.intp]:
    """The pairs (m, 2) of neighbours among the true pixels, by their numbers in raster order."""
    number = np.cumsum(bones).reshape(bones.shape) - 1
    height, width = bones.shape
    links = []
    for row, column in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = slice(height - row), slice(max(-column, 0), width - max(column, 0))
        there = slice(row, None), slice(max(column, 0), width + min(column, 0))
        both = bones[here] & bones[there]
        links.append(np.stack([number[here][both], number[there][both]], axis=1))
    return np.concatenate(links)


def _keep_touching(mask: Mask, seeds: Mask) -> Mask:
    """The 8-connected parts of the mask that hold a seed; all seeds lie in it."""
    count, numbers = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    if count == 2:  # the outside and one part: a seed can lie in no other
        return mask
    kept = np.zeros(count, dtype=bool)
    kept[numbers[seeds]] = True
    touching: Mask = kept[numbers]
    return touching


def _tight(mask: Mask) -> Mask:
    box = bounding_box(mask)
    assert box is not None
    return np.ascontiguousarray(mask[box.slices])
