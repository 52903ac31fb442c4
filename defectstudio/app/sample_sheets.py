"""Contact sheets of samples, each beside itself with its label in colour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from defectstudio.app.palette import class_colour
from defectstudio.imaging.reading import read_image, read_label, thumbnail
from defectstudio.imaging.sheets import contact_sheet

_TILE = 192
_A_ROW = 4


class Sample(Protocol):
    """Anything with an image and its label plane."""

    @property
    def file(self) -> Path:
        """The image."""

    @property
    def label_file(self) -> Path:
        """The label."""


def sample_sheet(samples: Sequence[Sample]) -> NDArray[np.uint8]:
    """uint8 (H, W, 3): each sample and, right of it, the same with its label in colour."""
    tiles: list[NDArray[np.uint8]] = []
    for sample in samples:
        image = thumbnail(read_image(sample.file), _TILE)
        tiles += [image, _labeled(image, read_label(sample.label_file))]
    wide = 2 * _A_ROW
    return contact_sheet([tiles[i : i + wide] for i in range(0, len(tiles), wide)], _TILE)


def _labeled(image: NDArray[np.uint8], label: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of a small picture with the larger label plane over it."""
    rows = np.linspace(0, label.shape[0] - 1, image.shape[0]).round().astype(int)
    columns = np.linspace(0, label.shape[1] - 1, image.shape[1]).round().astype(int)
    small = label[np.ix_(rows, columns)]
    shown = image.copy()
    for class_id in np.unique(small[small > 0]):
        colour = np.array(class_colour(int(class_id)), np.float32)
        where = small == class_id
        shown[where] = (0.4 * shown[where] + 0.6 * colour).astype(np.uint8)
    return shown
