"""CVAT for images 1.1: images/NAME.png and annotations.xml with a mask for each connected
component, its run lengths row by row within its box, zeros first.

Source: https://docs.cvat.ai/docs/manual/advanced/xml_format/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from defectstudio.domain.recipe import EncodedMask
from defectstudio.exchange.journal import Row
from defectstudio.exchange.pictures import Picture
from defectstudio.exchange.writers.writer import (
    Ground,
    Rows,
    Written,
    must_equal,
    put_image,
    put_text,
    without_void,
)
from defectstudio.imaging import masks
from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import Label

TABLE = "annotations.xml"


class Cvat:
    """See the module."""

    deep: ClassVar[bool] = False
    void: ClassVar[bool] = False

    def __init__(self, ground: Ground) -> None:
        self._folder = ground.folder
        self._classes = ground.request.kept

    def write(self, picture: Picture) -> Written:
        """The picture; its masks go into the table."""
        relative = f"images/{picture.name}.png"
        put_image(self._folder, relative, picture.image)
        found = [
            {"class_id": class_id, "box": list(vars(box).values()),
             "runs": list(masks.encode(part).counts)}
            for class_id in picture.class_ids
            for part, box in masks.components(picture.label == class_id)
        ]  # fmt: skip
        self._check(picture.label, found, relative)
        return Written(relative, tables=(TABLE,), table=found)

    def finish(self, rows: Rows, /) -> list[str]:
        """The table."""
        put_text(self._folder / TABLE, self._table(rows))
        # CVAT's readers pass over images of a subset that the task does not bear.
        if any(row.split for row in rows()):
            return ["The format holds no splits: the manifest names the split of each image."]
        return []

    def _check(self, label: Label, found: list[dict[str, Any]], name: str) -> None:
        """The label made of the run lengths alone must be the label, but for void."""
        made = np.zeros_like(label)
        for line in found:
            box = Box(*line["box"])
            part = masks.decode(EncodedMask(*box.shape, tuple(line["runs"])))
            made[box.slices][part] = line["class_id"]
        must_equal(made, without_void(label), self._folder / name)

    def _table(self, rows: Rows) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
        yield "<meta><task><labels>\n"
        for name in self._classes.values():
            yield f"<label><name>{escape(name)}</name><attributes></attributes></label>\n"
        yield "</labels></task></meta>\n"
        for number, row in enumerate(rows()):
            yield from self._image(number, row)
        yield "</annotations>\n"

    def _image(self, number: int, row: Row) -> Iterator[str]:
        # CVAT finds images by their name below its images folder.
        name = quoteattr(row.image.removeprefix("images/"))
        yield f'<image id="{number}" name={name} '
        yield f'width="{row.width}" height="{row.height}">\n'
        for line in row.table:
            top, left, height, width = line["box"]
            runs = ", ".join(map(str, line["runs"]))
            yield f"<mask label={quoteattr(self._classes[line['class_id']])} "
            yield f'source="file" occluded="0" rle="{runs}" left="{left}" top="{top}" '
            yield f'width="{width}" height="{height}" z_order="0"></mask>\n'
        yield "</image>\n"
