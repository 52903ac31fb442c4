"""A label plane with smaller copies of itself, kept up to date where it changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.kernel import painting
from defectstudio.imaging.masks import Box, bounding_box

LEVELS = 10
"""Level k has a cell for 2**k x 2**k pixels; the last one tells which 512 px blocks hold paint."""

BLOCK = 1 << (LEVELS - 1)

Plane = NDArray[np.uint8]


class LabelPlane:
    """uint8 class ids (H, W) and their max-pool pyramid.

    A cell holds the largest class id below it, so that a thin defect survives zooming out.
    The arrays are never replaced: views on them stay valid for the plane's life.
    """

    def __init__(self, labels: Plane) -> None:
        """`labels` is copied. Takes any (H, W) uint8 array with at least one pixel."""
        if labels.ndim != 2 or labels.dtype != np.uint8 or labels.size == 0:
            raise ValueError(f"not a label plane: {labels.dtype} {labels.shape}")
        if labels.any():
            self.levels: list[Plane] = [np.array(labels, order="C")]
            for _ in range(1, LEVELS):
                self.levels.append(_pooled(self.levels[-1]))
        else:
            # Memory that nothing is written to takes no room.
            self.levels = [np.zeros(shape, np.uint8) for shape in _shapes(labels.shape)]
        core = painting.core()
        self._pyramid = None if core is None else painting.Pyramid(self.levels, core)
        self._boxes: dict[tuple[int, int], dict[int, Box]] = {}

    @property
    def labels(self) -> Plane:
        """Level 0. Whoever writes into it calls `refresh` with the box written to."""
        return self.levels[0]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of level 0."""
        height, width = self.labels.shape
        return height, width

    def take_room(self) -> None:
        """Have the system hand over all memory now: the first stroke over it would wait for that,
        a millisecond for every two megabytes. Not for the window's thread."""
        for level in self.levels:
            np.bitwise_or(level, 0, out=level)

    def refresh(self, box: Box) -> None:
        """Bring the pyramid up to date below `box`."""
        if self._pyramid is not None:
            self._pyramid.refresh(box.top, box.left, box.bottom, box.right)
        else:
            self._refresh(box)
        for row in range(box.top // BLOCK, (box.bottom - 1) // BLOCK + 1):
            for column in range(box.left // BLOCK, (box.right - 1) // BLOCK + 1):
                self._boxes.pop((row, column), None)

    def _refresh(self, box: Box) -> None:
        top, left, bottom, right = box.top, box.left, box.bottom, box.right
        for fine, coarse in zip(self.levels, self.levels[1:], strict=False):
            top, left, bottom, right = top // 2, left // 2, (bottom + 1) // 2, (right + 1) // 2
            cells = coarse[top:bottom, left:right]
            fresh = _pooled(fine[2 * top : 2 * bottom, 2 * left : 2 * right])
            if np.array_equal(cells, fresh):
                break  # So are all above it.
            cells[:] = fresh

    def may_hold_paint(self, box: Box) -> bool:
        """False where all of the blocks that the box lies in are empty."""
        rows = slice(box.top // BLOCK, (box.bottom - 1) // BLOCK + 1)
        columns = slice(box.left // BLOCK, (box.right - 1) // BLOCK + 1)
        return bool(self.levels[-1][rows, columns].any())

    def copied(self) -> Plane:
        """Level 0 copied where it is painted; the rest is memory that takes no room."""
        made = np.zeros(self.shape, np.uint8)
        for row, column in np.argwhere(self.levels[-1]).tolist():
            top, left = row * BLOCK, column * BLOCK
            block = np.s_[top : top + BLOCK, left : left + BLOCK]
            made[block] = self.labels[block]
        return made

    def class_boxes(self) -> dict[int, Box]:
        """The bounding box of every painted class, by class id in rising order.

        Only blocks that hold paint are looked at, and only those changed since the last call.
        """
        found: dict[int, Box] = {}
        rows, columns = np.nonzero(self.levels[-1])
        for key in zip(rows.tolist(), columns.tolist(), strict=True):
            if key not in self._boxes:
                self._boxes[key] = _boxes_of_block(self.labels, *key)
            for class_id, box in self._boxes[key].items():
                found[class_id] = union(found[class_id], box) if class_id in found else box
        return dict(sorted(found.items()))


def union(first: Box, second: Box) -> Box:
    """The smallest box that holds both."""
    top, left = min(first.top, second.top), min(first.left, second.left)
    bottom, right = max(first.bottom, second.bottom), max(first.right, second.right)
    return Box(top, left, bottom - top, right - left)


def _shapes(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    height, width = shape
    return [(-(-height // 2**level), -(-width // 2**level)) for level in range(LEVELS)]


def _pooled(fine: Plane) -> Plane:
    """Max over 2 x 2 cells; an odd last row or column stands for itself."""
    rows = fine[0::2].copy()
    np.maximum(rows[: fine.shape[0] // 2], fine[1::2], out=rows[: fine.shape[0] // 2])
    cells = rows[:, 0::2].copy()
    half = rows.shape[1] // 2
    np.maximum(cells[:, :half], rows[:, 1::2], out=cells[:, :half])
    return cells


def _boxes_of_block(labels: Plane, row: int, column: int) -> dict[int, Box]:
    top, left = row * BLOCK, column * BLOCK
    block = labels[top : top + BLOCK, left : left + BLOCK]
    boxes = {}
    for class_id in np.flatnonzero(np.bincount(block.ravel(), minlength=256)).tolist():
        box = bounding_box(block == class_id) if class_id else None
        if box is not None:
            boxes[class_id] = box.moved(top, left)
    return boxes
