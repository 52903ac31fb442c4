"""COCO instance segmentation.

images/NAME.png, annotations.json with everything and annotations_SPLIT.json for each split.
An instance is a connected component (8 neighbours) of a class, iscrowd 0. Its segmentation is
compressed RLE, exact to the pixel; or polygons around the pixels, holes reached by a bridge,
which COCO's own rasteriser fills to the same pixels.
Source: https://cocodataset.org/#format-data
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any, ClassVar

import numpy as np

from defectstudio.domain.files import to_json
from defectstudio.exchange import rle
from defectstudio.exchange.journal import Row
from defectstudio.exchange.names import unique_names
from defectstudio.exchange.pictures import Picture
from defectstudio.exchange.polygons import corner_rings
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

ALL = "annotations.json"
Segmentation = dict[str, Any] | list[list[int]]


class Coco:
    """See the module; segmentations as RLE."""

    deep: ClassVar[bool] = True
    void: ClassVar[bool] = False

    def __init__(self, ground: Ground) -> None:
        self._folder = ground.folder
        self._classes = ground.request.kept

    def write(self, picture: Picture) -> Written:
        """The picture; its annotations go into the tables."""
        relative = f"images/{picture.name}.png"
        put_image(self._folder, relative, picture.image)
        found = [
            {
                "category_id": class_id,
                "segmentation": self._segmentation(part, box, picture.label.shape),
                "area": int(part.sum()),
                "bbox": [box.left, box.top, box.width, box.height],
            }
            for class_id in picture.class_ids
            for part, box in components(picture.label == class_id)
        ]
        self._check(picture.label, found, relative)
        return Written(relative, tables=(ALL,), table=found)

    def finish(self, rows: Rows, /) -> list[str]:
        """The table of all and one for each split."""
        splits = sorted({row.split for row in rows() if row.split is not None})
        names = dict(zip(splits, unique_names(splits), strict=True))
        for split in (None, *splits):
            name = ALL if split is None else f"annotations_{names[split]}.json"
            put_text(self._folder / name, self._table(rows, split))
        return []

    def _segmentation(self, part: Mask, box: Box, shape: tuple[int, ...], /) -> Segmentation:
        return {"size": list(shape), "counts": rle.to_text(placed_runs(part, box, shape))}

    def _check(self, label: Label, found: list[dict[str, Any]], name: str, /) -> None:
        """The label made of the annotations' text alone must be the label, but for void."""
        made = np.zeros_like(label)
        for line in found:
            runs = rle.from_text(line["segmentation"]["counts"])
            made[rle.decode(runs, *label.shape)] = line["category_id"]
        must_equal(made, without_void(label), self._folder / name)

    def _table(self, rows: Rows, split: str | None) -> Iterator[str]:
        """The JSON of a split, None for all, piece by piece."""
        info = {"description": "Exported by DefectStudio", "version": "1"}
        categories = [
            {"id": class_id, "name": name, "supercategory": "defect"}
            for class_id, name in self._classes.items()
        ]
        yield f'{{"info": {to_json(info)}, "categories": {to_json(categories)}, "images": ['
        yield from _joined(
            _image(number, row)
            for number, row in enumerate(rows(), 1)
            if split in (None, row.split)
        )
        yield '], "annotations": ['
        yield from _joined(self._annotations(rows, split))
        yield "]}\n"

    def _annotations(self, rows: Rows, split: str | None) -> Iterator[dict[str, Any]]:
        ids = count(1)
        for number, row in enumerate(rows(), 1):
            for line in row.table:
                # An id belongs to an annotation in all tables: it is drawn for those left out, too.
                annotation = {"id": next(ids), "image_id": number, "iscrowd": 0, **line}
                if split in (None, row.split):
                    yield annotation


class CocoPolygons(Coco):
    """See the module; segmentations as polygons."""

    def finish(self, rows: Rows, /) -> list[str]:
        """The tables, and what other readers make of them."""
        return [
            *super().finish(rows),
            "Polygons run around the pixels, as COCO's own tools fill them: programs that draw "
            "through pixel centres make defects a pixel wider to the right and below.",
        ]

    def _segmentation(self, part: Mask, box: Box, _shape: tuple[int, ...], /) -> Segmentation:
        corner = np.array([box.left, box.top])
        return [(ring + corner).ravel().tolist() for ring in corner_rings(part)]

    def _check(self, _label: Label, _found: list[dict[str, Any]], _name: str, /) -> None:
        """Nothing to read back before the table: rings are exact by their making."""


def placed_runs(part: Mask, box: Box, shape: tuple[int, ...]) -> list[int]:
    """The run lengths of a part (h, w) that lies in `box` of a mask of `shape`."""
    height, width = shape
    columns = np.zeros((height, box.width), bool)
    columns[box.top : box.bottom] = part
    # Whole columns of the box, in order, are one stretch of the column-major mask.
    runs = rle.encode(columns)
    runs[0] += box.left * height
    rest = (width - box.right) * height
    if len(runs) % 2 == 1:
        runs[-1] += rest
    elif rest:
        runs.append(rest)
    return runs


def _image(number: int, row: Row) -> dict[str, Any]:
    return {
        "id": number,
        "file_name": row.image,
        "width": row.width,
        "height": row.height,
        "item": row.item,
        "split": row.split,
        "synthetic": row.synthetic,
    }


def _joined(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    """JSON of the lines with commas between them."""
    for number, line in enumerate(lines):
        yield (",\n" if number else "") + json.dumps(line, sort_keys=True, ensure_ascii=False)
