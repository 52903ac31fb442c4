"""Pascal VOC segmentation.

JPEGImages/NAME.png              the picture, as PNG so that no pixel changes
SegmentationClass/NAME.png       palette PNG of classes: 0 background, 255 void
SegmentationObject/NAME.png      the same of instances; 16-bit grey where there are over 254
Annotations/NAME.xml             a box for each instance, counted from 1
ImageSets/Segmentation/SPLIT.txt the names of a split
labelmap.txt                     class, colour

An instance is a connected component (8 neighbours) of a class.
Source: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar
from xml.sax.saxutils import escape

import numpy as np

from defectstudio.exchange.pictures import VOID, Picture
from defectstudio.exchange.writers.palette import colours, put_plane
from defectstudio.exchange.writers.writer import (
    NO_SPLIT,
    Ground,
    Rows,
    Written,
    put_image,
    put_text,
    split_note,
)
from defectstudio.imaging.masks import Box, components

_MOST = 254


class Voc:
    """See the module."""

    deep: ClassVar[bool] = False
    void: ClassVar[bool] = True

    def __init__(self, ground: Ground) -> None:
        self._folder = ground.folder
        self._request = ground.request
        self._classes = ground.request.kept

    def write(self, picture: Picture) -> Written:
        """The picture, its planes and its boxes."""
        image = f"JPEGImages/{picture.name}.png"
        classes = f"SegmentationClass/{picture.name}.png"
        objects = f"SegmentationObject/{picture.name}.png"
        boxes = f"Annotations/{picture.name}.xml"
        put_image(self._folder, image, picture.image)
        put_plane(self._folder / classes, picture.label)
        many, found = self._put_objects(picture, objects)
        put_text(self._folder / boxes, self._annotation(picture, found))
        split = picture.entry.split or NO_SPLIT
        return Written(image, (classes, objects, boxes), table={"split": split, "many": many})

    def finish(self, rows: Rows, /) -> list[str]:
        """The lists of splits and the map of colours."""
        for split in sorted({row.table["split"] for row in rows()}):
            names = (f"{row.name}\n" for row in rows() if row.table["split"] == split)
            put_text(self._folder / f"ImageSets/Segmentation/{split}.txt", names)
        palette = colours()
        named = [(0, "background"), *self._classes.items()]
        lines = (f"{name}:{','.join(map(str, palette[i]))}::\n" for i, name in named)
        put_text(self._folder / "labelmap.txt", ["# label:color_rgb:parts:actions\n", *lines])
        many = sum(row.table["many"] for row in rows())
        notes = split_note(self._request)
        if many:
            notes.append(
                f"{many} images have more than {_MOST} instances: their SegmentationObject is "
                "16-bit grey, which not every reader takes."
            )
        return notes

    def _put_objects(self, picture: Picture, path: str) -> tuple[bool, list[tuple[int, Box]]]:
        """Write the plane of instances; whether there are many, and each with its class."""
        plane = np.zeros(picture.label.shape, np.uint16)
        found: list[tuple[int, Box]] = []
        for class_id in picture.class_ids:
            for part, box in components(picture.label == class_id):
                found.append((class_id, box))
                plane[box.slices][part] = len(found)
        if len(found) > _MOST:
            put_image(self._folder, path, plane)
            return True, found
        shallow = plane.astype(np.uint8)
        shallow[picture.label == VOID] = VOID
        put_plane(self._folder / path, shallow)
        return False, found

    def _annotation(self, picture: Picture, found: list[tuple[int, Box]]) -> Iterator[str]:
        height, width = picture.label.shape
        depth = 1 if picture.image.ndim == 2 else 3
        yield "<annotation>\n<folder>JPEGImages</folder>\n"
        yield f"<filename>{escape(picture.name)}.png</filename>\n"
        yield f"<size><width>{width}</width><height>{height}</height>"
        yield f"<depth>{depth}</depth></size>\n"
        yield "<segmented>1</segmented>\n"
        for class_id, box in found:
            yield f"<object><name>{escape(self._classes[class_id])}</name>"
            yield "<pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>"
            yield f"<bndbox><xmin>{box.left + 1}</xmin><ymin>{box.top + 1}</ymin>"
            yield f"<xmax>{box.right}</xmax><ymax>{box.bottom}</ymax></bndbox></object>\n"
        yield "</annotation>\n"
