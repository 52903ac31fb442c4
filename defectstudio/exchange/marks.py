"""Where an importer finds the pixels of a defect: a picture, or shapes of an annotation file.

Every source knows its file, its size and how to make its bool mask (H, W); making raises
ImageError when the file does not hold what it promised.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from defectstudio.domain.errors import ImageError
from defectstudio.exchange import rle
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import MAX_PIXELS, read_header, read_image, read_label, read_mask
from defectstudio.imaging.types import Mask, planes

_AT_ONCE = 1 << 22
"""Sides or pixels of a ring that are looked at together."""
_REMEDY = "Mend this annotation, or export it again."


class MaskSource(Protocol):
    """See the module."""

    @property
    def path(self) -> Path:
        """The file, for messages."""
        ...

    def size(self) -> tuple[int, int]:
        """(height, width) of the mask, without making it."""
        ...

    def read(self) -> Mask:
        """The mask."""
        ...


@dataclass(frozen=True)
class MaskFile:
    """A picture that is a mask (see `read_mask`)."""

    path: Path

    def size(self) -> tuple[int, int]:
        """By the file's header."""
        header = read_header(self.path)
        return header.height, header.width

    def read(self) -> Mask:
        """What `read_mask` reads."""
        return read_mask(self.path)


@dataclass(frozen=True)
class IndexInPlane:
    """The pixels of one index in a palette or grey PNG."""

    path: Path
    index: int

    def size(self) -> tuple[int, int]:
        """By the file's header."""
        header = read_header(self.path)
        return header.height, header.width

    def read(self) -> Mask:
        """Where the plane has the index."""
        found: Mask = read_label(self.path) == self.index
        return found


@dataclass(frozen=True)
class ColourInPlane:
    """The pixels of one colour, 8-bit RGB, in a picture."""

    path: Path
    colour: tuple[int, int, int]

    def size(self) -> tuple[int, int]:
        """By the file's header."""
        header = read_header(self.path)
        return header.height, header.width

    def read(self) -> Mask:
        """Where the picture has the colour."""
        found: Mask = (planes(read_image(self.path)) == self.colour).all(axis=2)
        return found


class Shape(Protocol):
    """Pixels that an annotation marks."""

    def paint(self, mask: Mask) -> None:
        """Set its pixels in a bool mask (H, W). Raises ImageError when it does not fit."""
        ...


@dataclass(frozen=True)
class Drawn:
    """Shapes of an annotation file, their union; height and width of their image by that file."""

    path: Path
    height: int
    width: int
    shapes: tuple[Shape, ...]

    def size(self) -> tuple[int, int]:
        """As the file says."""
        return self.height, self.width

    def read(self) -> Mask:
        """The union of the shapes."""
        if min(self.height, self.width) < 1 or self.height * self.width > MAX_PIXELS:
            raise _bad(f"an image of {self.width} x {self.height} pixels cannot be", self.path)
        mask = np.zeros((self.height, self.width), bool)
        for shape in self.shapes:
            try:
                shape.paint(mask)
            except ImageError as error:
                raise _bad(error.reason, self.path) from error
        return mask


@dataclass(frozen=True)
class Runs:
    """Run lengths by columns over the whole image, zeros first (COCO)."""

    counts: Sequence[int] | str

    def paint(self, mask: Mask) -> None:
        """Raises ImageError when they do not fill the image."""
        counts = rle.from_text(self.counts) if isinstance(self.counts, str) else self.counts
        mask |= rle.decode(counts, *mask.shape)


@dataclass(frozen=True)
class RunsInBox:
    """Run lengths by rows within a box, zeros first (CVAT)."""

    counts: Sequence[int]
    box: Box

    def paint(self, mask: Mask) -> None:
        """Raises ImageError when they do not fill the box or it leaves the image."""
        _within(self.box, mask)
        if any(count < 0 for count in self.counts) or sum(self.counts) != np.prod(self.box.shape):
            raise ImageError("the run lengths do not fill their box")
        values = np.arange(len(self.counts)) % 2 == 1
        mask[self.box.slices] |= np.repeat(values, self.counts).reshape(self.box.shape)


@dataclass(frozen=True)
class PngInBox:
    """A small mask as a base64 PNG that lies in a box (LabelMe)."""

    png: str
    box: Box

    def paint(self, mask: Mask) -> None:
        """Raises ImageError when it is no PNG of the box's size or the box leaves the image."""
        _within(self.box, mask)
        try:
            with PillowImage.open(io.BytesIO(base64.b64decode(self.png, validate=True))) as picture:
                if picture.size != self.box.shape[::-1]:
                    raise ImageError("the picture of a mask has not the size of its box")
                part = np.asarray(picture.convert("L")) > 0
        except (binascii.Error, OSError, SyntaxError, ValueError) as error:
            raise ImageError("the picture of a mask cannot be decoded") from error
        mask[self.box.slices] |= part


@dataclass(frozen=True)
class PixelPolygon:
    """A ring of pixel centres, its border belonging to it (YOLO, LabelMe). points: (N, 2) x, y."""

    points: NDArray[np.float64]

    def paint(self, mask: Mask) -> None:
        """Raises ImageError for fewer than three points or numbers that are none."""
        _check_points(self.points)
        corners = np.trunc(_clipped(self.points, mask)).astype(np.int32)
        cv2.fillPoly(mask.view(np.uint8), [corners], 1)


@dataclass(frozen=True)
class CornerPolygon:
    """A ring around pixels: those whose centre it holds (COCO, CVAT). points: (N, 2) x, y."""

    points: NDArray[np.float64]

    def paint(self, mask: Mask) -> None:
        """Raises ImageError for fewer than three points or numbers that are none."""
        _check_points(self.points)
        _fill(mask, *(_clipped(self.points, mask) - 0.5).T)


def points_of(numbers: Iterable[Any]) -> NDArray[np.float64]:
    """(N, 2) of x1, y1, x2, y2, ... Raises ImageError when they are no such numbers."""
    try:
        flat = np.array([float(number) for number in numbers], np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ImageError("a point is no number", remedy=_REMEDY) from error
    if flat.size % 2:
        raise ImageError("a point has no partner", remedy=_REMEDY)
    return flat.reshape(-1, 2)


def _check_points(points: NDArray[np.float64]) -> None:
    if len(points) < 3:
        raise ImageError("a polygon has fewer than three points")
    if not np.isfinite(points).all():
        raise ImageError("a point is not finite")


def _clipped(points: NDArray[np.float64], mask: Mask) -> NDArray[np.float64]:
    """Not far outside, where drawing would take for ever."""
    height, width = mask.shape
    clipped: NDArray[np.float64] = points.clip(-max(height, width), 2 * max(height, width))
    return clipped


def _fill(mask: Mask, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Set the pixels whose centre lies in a ring (even-odd): each side toggles what is right of
    it. Some rows at a time, so that a million of sides need neither much memory nor hours."""
    left, right = max(0, math.ceil(x.min())), min(mask.shape[1] - 1, math.floor(x.max()))
    top, bottom = max(0, math.ceil(y.min())), min(mask.shape[0] - 1, math.floor(y.max()))
    width = right - left + 1
    if width < 1:
        return
    x1, y1 = np.roll(x, -1), np.roll(y, -1)
    step = max(1, _AT_ONCE // max(len(x), width))
    for first in range(top, bottom + 1, step):
        rows = np.arange(first, min(first + step, bottom + 1))
        row, side = np.nonzero((y <= rows[:, None]) != (y1 <= rows[:, None]))
        share = (rows[row] - y[side]) / (y1[side] - y[side])
        column = np.ceil(x[side] + share * (x1[side] - x[side])).clip(left, right + 1) - left
        places = row * (width + 1) + column.astype(np.int64)
        toggles = np.bincount(places, minlength=len(rows) * (width + 1)).reshape(-1, width + 1)
        odd = np.cumsum(toggles[:, :width], axis=1) & 1
        mask[first : first + len(rows), left : right + 1] |= odd.astype(bool)


def _within(box: Box, mask: Mask) -> None:
    if box.clipped(mask.shape) != box or min(box.shape) < 1:
        raise ImageError("the box of a mask leaves its image")


def _bad(reason: str, path: Path) -> ImageError:
    return ImageError(reason, subject=path, remedy=_REMEDY)
