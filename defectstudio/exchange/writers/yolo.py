"""YOLO segmentation.

images/SPLIT/NAME.png, labels/SPLIT/NAME.txt with a line "class x1 y1 x2 y2 ..." for each
connected component, classes counted from 0, and data.yaml. Holes are reached by a bridge. Points
are pixel centres shifted by a quarter pixel: with six decimals a reader finds the same pixel
whether it truncates or rounds.
Source: https://docs.ultralytics.com/datasets/segment/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from defectstudio.domain.files import to_json
from defectstudio.exchange.pictures import Picture
from defectstudio.exchange.polygons import Ring, fill, pixel_rings
from defectstudio.exchange.writers.writer import (
    NO_SPLIT,
    Ground,
    Rows,
    Written,
    must_equal,
    put_image,
    put_text,
    split_note,
    without_void,
)
from defectstudio.imaging.types import Label

_SPLITS = ("train", "val", "test")
_SHIFT = 0.25


class Yolo:
    """See the module."""

    deep: ClassVar[bool] = False
    void: ClassVar[bool] = False

    def __init__(self, ground: Ground) -> None:
        self._folder = ground.folder
        self._request = ground.request
        self._numbers = {class_id: i for i, class_id in enumerate(ground.request.kept)}

    def write(self, picture: Picture) -> Written:
        """The picture and its lines; a good image has an empty file."""
        split = picture.entry.split or NO_SPLIT
        image, label = f"images/{split}/{picture.name}.png", f"labels/{split}/{picture.name}.txt"
        put_image(self._folder, image, picture.image)
        lines = list(self._lines(picture.label, picture.class_ids))
        put_text(self._folder / label, (f"{line}\n" for line in lines))
        must_equal(
            self._read(lines, picture.label), without_void(picture.label), self._folder / label
        )
        return Written(image, (label,), table={"split": split, "twins": _twins(lines)})

    def finish(self, rows: Rows, /) -> list[str]:
        """data.yaml."""
        used = {row.table["split"] for row in rows()}
        notes = split_note(self._request)
        places = {split: f"images/{split}" for split in _SPLITS if split in used}
        if "val" not in used:
            places["val"] = places.get("test") or next(iter(places.values()))
            notes.append(
                f"There is no image of the split val: data.yaml names {places['val']} for it, "
                "since trainings need one."
            )
        names = [f"  {i}: {to_json(name)}\n" for i, name in enumerate(self._request.kept.values())]
        lines = [f"{split}: {place}\n" for split, place in places.items()]
        put_text(self._folder / "data.yaml", [*lines, "names:\n", *names])
        twins = sum(row.table["twins"] for row in rows())
        if twins:
            notes.append(
                f"{twins} instances have the class and the box of another one in their image: "
                "some loaders drop them as doubles."
            )
        return notes

    def _lines(self, label: Label, class_ids: Sequence[int]) -> Iterator[str]:
        size = np.array(label.shape[::-1])
        for class_id in class_ids:
            for ring in pixel_rings(label == class_id):
                points = ((ring + _SHIFT) / size).ravel()
                yield " ".join([str(self._numbers[class_id]), *(f"{p:.6f}" for p in points)])

    def _read(self, lines: Sequence[str], label: Label) -> Label:
        """The label of the lines, as a reader that truncates makes it."""
        found = np.zeros_like(label)
        ids = {number: class_id for class_id, number in self._numbers.items()}
        for line in lines:
            number, *points = line.split()
            found[fill([_points(points, label)], *label.shape)] = ids[int(number)]
        return found


def _points(texts: Sequence[str], label: Label) -> Ring:
    points = np.array(texts, float).reshape(-1, 2) * label.shape[::-1]
    return points.astype(np.int32)


def _twins(lines: Sequence[str]) -> int:
    """How many lines have the class and the box of an earlier one."""
    boxes = set()
    for line in lines:
        number, *points = line.split()
        boxes.add((number, *(f(points[i::2]) for i in (0, 1) for f in (min, max))))
    return len(lines) - len(boxes)
