"""Real defects to learn from one at a time: which images, and what they show."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.app.display import shown, window_of
from defectstudio.app.palette import class_colour
from defectstudio.domain.records import ImageRecord, Role, Split
from defectstudio.imaging.masks import bounding_box
from defectstudio.imaging.reading import read_image, read_label
from defectstudio.imaging.types import Image, Label, planes

SIDE = 320
"""Pixels of a reference's picture at most."""
_CROSS = np.ones((3, 3), np.uint8)


def candidates(images: Sequence[ImageRecord]) -> list[ImageRecord]:
    """The images that can be references: real defects, none that a model is judged on.

    One without a mask is among them: it can still be painted.
    """
    return [
        image
        for image in images
        if image.role is Role.DEFECT and image.split in (None, Split.TRAIN)
    ]


def reference_picture(record: ImageRecord) -> NDArray[np.uint8]:
    """The defect with its surroundings and an outline in its class's colour, RGB, for looking.

    Without a mask the whole image. Slow: not for the window's thread. Raises ImageError when a
    file cannot be read.
    """
    image = read_image(record.file)
    label = np.zeros(image.shape[:2], np.uint8)
    if record.label_file is not None:
        label = read_label(record.label_file)
    image, label = _around(image, label)
    pixels = planes(shown(image, window_of(image)))
    coloured = np.ascontiguousarray(np.broadcast_to(pixels, (*label.shape, 3)))
    return _outlined(*_fitted(coloured, label))


def _around(image: Image, label: Label) -> tuple[Image, Label]:
    box = bounding_box(label > 0)
    if box is None:
        return image, label
    part = box.grown(max(12, max(box.shape) // 3)).clipped(label.shape).slices
    return image[part], label[part]


def _fitted(pixels: NDArray[np.uint8], label: Label) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    height, width = label.shape
    share = SIDE / max(height, width)
    size = max(1, round(width * share)), max(1, round(height * share))
    way = cv2.INTER_AREA if share < 1 else cv2.INTER_NEAREST
    return (
        np.asarray(cv2.resize(pixels, size, interpolation=way), dtype=np.uint8),
        np.asarray(cv2.resize(label, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8),
    )


def _outlined(pixels: NDArray[np.uint8], label: NDArray[np.uint8]) -> NDArray[np.uint8]:
    made = pixels.copy()
    for class_id in np.unique(label[(label > 0) & (label < 255)]).tolist():
        mask = (label == class_id).astype(np.uint8)
        made[(cv2.dilate(mask, _CROSS) > mask)] = class_colour(class_id)
    return made
