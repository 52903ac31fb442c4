"""The labels of an export as its format tells them, in the classes of its manifest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from defectstudio.exchange.importing import scan
from defectstudio.exchange.manifest import Manifest
from defectstudio.exchange.plan import ImportEntry
from defectstudio.imaging.reading import read_label
from defectstudio.imaging.types import Label
from defectstudio.project.names import name_key

_PLANES = "png"


def exported_labels(folder: Path, manifest: Manifest) -> Mapping[str, Callable[[], Label]]:
    """By the path of a picture what reads its label plane; those without a defect are left out.

    Plain PNG has the planes; of other formats they are drawn from what the importer reads. Raises
    ImportSourceError and, when a label is read, ImageError.
    """
    if manifest.kind == _PLANES:
        return {
            row.image: partial(read_label, folder / row.labels[0])
            for row in manifest.images
            if row.labels
        }
    ids = {name_key(name): class_id for class_id, name in manifest.classes.items()}
    by_image: dict[str, list[ImportEntry]] = defaultdict(list)
    root = folder.resolve()
    for entry in scan(folder).entries:
        if entry.mask is not None and name_key(entry.class_name or "") in ids:
            by_image[entry.image.resolve().relative_to(root).as_posix()].append(entry)
    return {image: partial(_plane, entries, ids) for image, entries in by_image.items()}


def _plane(entries: list[ImportEntry], ids: Mapping[str, int]) -> Label:
    masks = [(ids[name_key(one.class_name or "")], one.mask) for one in entries]
    label: Label | None = None
    for class_id, source in masks:
        assert source is not None, "only defects are drawn"
        mask = source.read()
        label = np.zeros(mask.shape, np.uint8) if label is None else label
        label[mask] = class_id
    assert label is not None, "an image is here for an entry"
    return label
