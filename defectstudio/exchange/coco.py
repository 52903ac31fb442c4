"""Export as COCO instance segmentation.

images/NAME.png, annotations.json with everything and annotations_SPLIT.json for each split.
An instance is a connected component (8 neighbours) of a class; its segmentation is compressed
RLE with iscrowd 0, so that masks are exact to the pixel.
Source: https://cocodataset.org/#format-data
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from defectstudio.domain.files import write_json
from defectstudio.exchange import exporting, rle
from defectstudio.exchange.exporting import ExportEntry, ExportReport, Picture, Progress, Row
from defectstudio.exchange.names import unique_names
from defectstudio.exchange.staging import staged
from defectstudio.imaging.reading import read_image, write_png
from defectstudio.imaging.types import Label, Mask

ALL = "annotations.json"


def export_coco(
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
    rows: list[Row] = []
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    ids = count(1)
    voids = 0
    with staged(out) as folder:
        for image_id, picture in enumerate(exporting.pictures(entries, classes, progress), start=1):
            line, found = _write(folder, picture, image_id, ids)
            rows.append(line)
            images.append(_image(picture, image_id, line.image))
            annotations += found
            voids += bool((picture.label == exporting.VOID).any())
        _write_tables(folder, classes, images, annotations)
        _check_tables(folder, annotations)
        notes = exporting.void_note(voids)
        exporting.write_manifest(folder, "coco", classes, rows, notes)
    return exporting.report("coco", out, classes, rows, notes)


def instances(mask: Mask) -> list[tuple[list[int], list[int], int]]:
    """(run lengths, bbox [x, y, w, h], area) of each 8-connected component of a bool mask."""
    height, width = mask.shape
    number, parts, stats, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=8, ltype=cv2.CV_32S
    )
    found = []
    for part in range(1, number):
        x, y, w, h, area = (int(value) for value in stats[part])
        # Whole columns of the box, in order, are one stretch of the column-major mask.
        runs = rle.encode(parts[:, x : x + w] == part)
        runs[0] += x * height
        rest = (width - x - w) * height
        if len(runs) % 2 == 1:
            runs[-1] += rest
        elif rest:
            runs.append(rest)
        found.append((runs, [x, y, w, h], area))
    return found


def _write(
    folder: Path, picture: Picture, image_id: int, ids: count[int]
) -> tuple[Row, list[dict[str, Any]]]:
    relative = f"images/{picture.name}.png"
    write_png(folder / relative, picture.image)
    exporting.must_equal(read_image(folder / relative), picture.image, folder / relative)
    annotations = []
    for class_id in picture.class_ids:
        for runs, box, area in instances(picture.label == class_id):
            segmentation = {"size": list(picture.label.shape), "counts": rle.to_text(runs)}
            annotations.append(
                {
                    "id": next(ids),
                    "image_id": image_id,
                    "category_id": class_id,
                    "segmentation": segmentation,
                    "area": area,
                    "bbox": box,
                    "iscrowd": 0,
                }
            )
    _check_label(picture.label, annotations, folder / relative)
    recipe = exporting.keep_recipe(folder, picture)
    return exporting.row(picture, relative, (ALL,), recipe), annotations


def _image(picture: Picture, image_id: int, relative: str) -> dict[str, Any]:
    height, width = picture.label.shape
    return {
        "id": image_id,
        "file_name": relative,
        "width": width,
        "height": height,
        "item": picture.entry.item,
        "split": picture.entry.split,
        "synthetic": picture.entry.synthetic,
    }


def _write_tables(
    folder: Path,
    classes: Mapping[int, str],
    images: Sequence[dict[str, Any]],
    annotations: Sequence[dict[str, Any]],
) -> None:
    categories = [
        {"id": class_id, "name": name, "supercategory": "defect"}
        for class_id, name in sorted(classes.items())
    ]
    splits = sorted({image["split"] for image in images if image["split"] is not None})
    tables = dict(zip(splits, unique_names(splits), strict=True))
    for split in (None, *splits):
        chosen = [image for image in images if split in (None, image["split"])]
        wanted = {image["id"] for image in chosen}
        table = {
            "info": {"description": "Exported by DefectStudio", "version": "1"},
            "images": chosen,
            "annotations": [line for line in annotations if line["image_id"] in wanted],
            "categories": categories,
        }
        write_json(folder / (ALL if split is None else f"annotations_{tables[split]}.json"), table)


def _check_label(label: Label, annotations: Sequence[dict[str, Any]], path: Path) -> None:
    """The label made of the annotations' text alone must be the label, but for void."""
    found = np.zeros_like(label)
    for line in annotations:
        runs = rle.from_text(line["segmentation"]["counts"])
        found[rle.decode(runs, *label.shape)] = line["category_id"]
    exporting.must_equal(found, np.where(label == exporting.VOID, 0, label), path)


def _check_tables(folder: Path, annotations: Sequence[dict[str, Any]]) -> None:
    """Every annotation must stand in the table on the disk as it was checked in memory."""
    table = json.loads((folder / ALL).read_text(encoding="utf-8"))
    if table["annotations"] != annotations:
        raise exporting.not_as_written(folder / ALL)
