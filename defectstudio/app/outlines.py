"""The borders of painted areas, as lines between pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Lines = NDArray[np.float32]


def outlines(labels: NDArray[np.uint8]) -> dict[int, Lines]:
    """Class id -> float32 (n, 4) lines (row, column, row, column) around the class's pixels.

    Lines run along pixel edges, in the coordinates of `labels` (H, W); straight runs are one
    line. A border between two classes is given to both.
    """
    padded = np.pad(labels, 1)
    return {
        class_id: _outline(padded == class_id)
        for class_id in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)).tolist()
        if class_id
    }


def _outline(mask: NDArray[np.bool_]) -> Lines:
    """Lines around the true pixels of a mask padded by one pixel."""
    across = _runs(mask[1:, :] != mask[:-1, :])
    down = _runs((mask[:, 1:] != mask[:, :-1]).T)
    lines = np.concatenate([across, down[:, [1, 0, 3, 2]]])
    # Edge k of a padded mask lies at coordinate k of the plain one; pixels start one later.
    lines[: len(across), [1, 3]] -= 1
    lines[len(across) :, [0, 2]] -= 1
    return lines


def _runs(edges: NDArray[np.bool_]) -> Lines:
    """Runs of true in each row: float32 (n, 4) of (row, start, row, stop)."""
    steps = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    stops = np.nonzero(steps == -1)[1]
    return np.stack([rows, starts, rows, stops], axis=1).astype(np.float32)
