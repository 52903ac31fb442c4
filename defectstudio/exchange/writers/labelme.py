"""LabelMe: NAME.png and NAME.json side by side, a shape for each connected component.

A shape is a mask (its inclusive box and a PNG of it) or a polygon through its outermost pixels,
holes reached by a bridge, for readers without masks.
Source: https://github.com/wkentaro/labelme, labelme/label_file.py and shape.py
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from PIL import Image as PillowImage

from defectstudio.domain.files import to_json
from defectstudio.exchange.pictures import Picture
from defectstudio.exchange.polygons import fill, pixel_rings
from defectstudio.exchange.writers.writer import (
    Ground,
    Rows,
    Written,
    must_equal,
    put_image,
    put_text,
    without_void,
)
from defectstudio.imaging.masks import Box, components
from defectstudio.imaging.types import Label, Mask

_VERSION = "5.5.0"
"""The first LabelMe whose shapes all fields below are of."""


class LabelMe:
    """See the module; shapes as masks."""

    deep: ClassVar[bool] = False
    void: ClassVar[bool] = False

    def __init__(self, ground: Ground) -> None:
        self._folder = ground.folder
        self._classes = ground.request.kept

    def write(self, picture: Picture) -> Written:
        """The picture and its file of shapes."""
        image, label = f"{picture.name}.png", f"{picture.name}.json"
        put_image(self._folder, image, picture.image)
        height, width = picture.label.shape
        shapes = [
            {"label": self._classes[class_id], **shape}
            for class_id in picture.class_ids
            for shape in self._shapes(picture.label == class_id)
        ]
        self._check(picture.label, shapes, label)
        content = {
            "version": _VERSION,
            "flags": {},
            "shapes": shapes,
            "imagePath": image,
            "imageData": None,
            "imageHeight": height,
            "imageWidth": width,
        }
        put_text(self._folder / label, [to_json(content), "\n"])
        return Written(image, (label,))

    def finish(self, _rows: Rows, /) -> list[str]:
        """There are no tables."""
        return []

    def _shapes(self, mask: Mask) -> Iterator[dict[str, Any]]:
        for part, box in components(mask):
            corners = [[box.left, box.top], [box.right - 1, box.bottom - 1]]
            yield _shape("mask", corners, _png(part))

    def _check(self, label: Label, shapes: list[dict[str, Any]], name: str) -> None:
        """The label made of the shapes alone must be the label, but for void."""
        ids = {name: class_id for class_id, name in self._classes.items()}
        found = np.zeros_like(label)
        for shape in shapes:
            found[self._mask(shape, label.shape)] = ids[shape["label"]]
        must_equal(found, without_void(label), self._folder / name)

    def _mask(self, shape: dict[str, Any], size: tuple[int, ...]) -> Mask:
        (left, top), (right, bottom) = shape["points"]
        with PillowImage.open(io.BytesIO(base64.b64decode(shape["mask"]))) as picture:
            part = np.asarray(picture).astype(bool)
        mask = np.zeros(size, bool)
        mask[Box(top, left, bottom + 1 - top, right + 1 - left).slices] = part
        return mask


class LabelMePolygons(LabelMe):
    """See the module; shapes as polygons."""

    def _shapes(self, mask: Mask) -> Iterator[dict[str, Any]]:
        for ring in pixel_rings(mask):
            yield _shape("polygon", ring.tolist(), None)

    def _mask(self, shape: dict[str, Any], size: tuple[int, ...]) -> Mask:
        return fill([np.array(shape["points"], np.int32)], *size)


def _shape(kind: str, points: list[Any], mask: str | None) -> dict[str, Any]:
    return {
        "points": points,
        "group_id": None,
        "description": "",
        "shape_type": kind,
        "flags": {},
        "mask": mask,
    }


def _png(part: Mask) -> str:
    stream = io.BytesIO()
    PillowImage.fromarray(part).save(stream, format="PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")
