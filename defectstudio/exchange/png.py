"""Export as plain PNG files.

images/NAME.png       the picture, 8 or 16 bits as it is
labels/NAME.png       palette PNG of class ids: 0 background, 255 void (as Pascal VOC)
masks/CLASS/NAME.png  0/255, one for each class an image shows
classes.json          class id -> name
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from defectstudio.domain.files import write_bytes, write_json
from defectstudio.exchange import exporting
from defectstudio.exchange.exporting import ExportEntry, ExportReport, Picture, Progress, Row
from defectstudio.exchange.names import unique_names
from defectstudio.exchange.staging import staged
from defectstudio.imaging.reading import read_image, read_label, read_mask, write_png
from defectstudio.imaging.types import Label


def export_png(
    entries: Sequence[ExportEntry],
    classes: Mapping[int, str],
    out: Path,
    *,
    progress: Progress | None = None,
) -> ExportReport:
    """Write `entries` into the new folder `out` and read every file back.

    Raises ExportError and ImageError; then nothing is left at `out`.
    """
    exporting.check_request(entries, classes)
    folders = dict(zip(classes, unique_names(classes.values()), strict=True))
    rows: list[Row] = []
    with staged(out) as folder:
        write_json(folder / "classes.json", {str(i): name for i, name in sorted(classes.items())})
        for picture in exporting.pictures(entries, classes, progress):
            rows.append(_write(folder, picture, folders))
        exporting.write_manifest(folder, "png", classes, rows, ())
    return exporting.report("png", out, classes, rows, ())


def _write(folder: Path, picture: Picture, folders: Mapping[int, str]) -> Row:
    image, plane = f"images/{picture.name}.png", f"labels/{picture.name}.png"
    write_png(folder / image, picture.image)
    exporting.must_equal(read_image(folder / image), picture.image, folder / image)
    _write_plane(folder / plane, picture.label)
    exporting.must_equal(read_label(folder / plane), picture.label, folder / plane)
    labels = [plane]
    for class_id in picture.class_ids:
        mask = f"masks/{folders[class_id]}/{picture.name}.png"
        pixels = picture.label == class_id
        write_png(folder / mask, pixels)
        exporting.must_equal(read_mask(folder / mask), pixels, folder / mask)
        labels.append(mask)
    return exporting.row(picture, image, labels, exporting.keep_recipe(folder, picture))


def _write_plane(path: Path, label: Label) -> None:
    picture = PillowImage.fromarray(label)
    picture.putpalette(_palette().tobytes())
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    write_bytes(path, stream.getvalue())


def _palette() -> NDArray[np.uint8]:
    """uint8 (256, 3): the colours of Pascal VOC; the bits of an index spread over the channels."""
    index = np.arange(256)
    colours = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= (((index >> (3 * bit + channel)) & 1) << (7 - bit)).astype(
                np.uint8
            )
    return colours
