"""Pictures on their way into an export: loaded, checked, cut and brought to a format's depth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import ExportError
from defectstudio.exchange.names import unique_names
from defectstudio.exchange.request import ExportEntry, ExportRequest
from defectstudio.imaging.reading import from_unit, read_header, read_image, read_label
from defectstudio.imaging.tiling import tiles
from defectstudio.imaging.types import Image, Label

VOID = 255


@dataclass(frozen=True)
class Picture:
    """An entry, or a piece of one, in memory with its name in the export; `label` has the
    image's (H, W), `class_ids` are those it shows, void left out; `whole`: its pixels are those
    of the entry's image."""

    entry: ExportEntry
    name: str
    image: Image
    label: Label
    class_ids: tuple[int, ...]
    whole: bool = False


def names(request: ExportRequest) -> list[str]:
    """The entries' names in the export, none twice."""
    several = len({entry.item for entry in request.entries}) > 1
    wanted = [f"{entry.item}_{entry.name}" if several else entry.name for entry in request.entries]
    # LabelMe's files lie beside manifest.json and card.json.
    return unique_names(["manifest", "card", *wanted])[2:]


def significant_bits(entries: Sequence[ExportEntry]) -> dict[str, int]:
    """Item -> significant bits of its deep pictures, of each item that has some."""
    bits: dict[str, int] = defaultdict(lambda: 8)
    for entry in entries:
        if read_header(entry.image).depth == 16:
            highest = int(read_image(entry.image).max())
            bits[entry.item] = max(bits[entry.item], highest.bit_length())
    return dict(bits)


def pictures(
    request: ExportRequest, entry: ExportEntry, name: str, bits: Mapping[str, int]
) -> Iterator[Picture]:
    """The entry as one picture, or its pieces; deep ones in 8 bits where the item has `bits`.

    Of a defective image only the pieces that show a defect, of a good one all. Raises ImageError
    for unreadable files and ExportError for labels that do not fit or hold unknown classes.
    """
    image, label = _loaded(request, entry)
    reduced = entry.item in bits
    image = _shallow(image, bits[entry.item]) if reduced else image
    if request.tile is None:
        yield Picture(entry, name, image, label, _class_ids(label), whole=not reduced)
        return
    good = not label.any()
    for box in tiles(label.shape, request.tile, 0):
        piece = label[box.slices]
        if good or piece.any():
            place = f"{name}_y{box.top:05d}_x{box.left:05d}"
            yield Picture(entry, place, image[box.slices].copy(), piece.copy(), _class_ids(piece))


def _loaded(request: ExportRequest, entry: ExportEntry) -> tuple[Image, Label]:
    image = read_image(entry.image)
    label = np.zeros(image.shape[:2], np.uint8) if not entry.label else read_label(entry.label)
    if label.shape != image.shape[:2]:
        raise ExportError(
            f"the label has {label.shape[1]} x {label.shape[0]} pixels, "
            f"its image {image.shape[1]} x {image.shape[0]}",
            subject=entry.label,
            remedy="Label the image again.",
        )
    if unknown := set(_class_ids(label)) - set(request.classes):
        raise ExportError(
            f"the label holds the unknown class {min(unknown)}",
            subject=entry.label,
            remedy="Add the class to the item, or label the image again.",
        )
    if request.merged:
        becomes = np.arange(256, dtype=np.uint8)
        for old, new in request.merged.items():
            becomes[old] = new
        label = becomes[label]
    return image, label


def _class_ids(label: Label) -> tuple[int, ...]:
    found = np.flatnonzero(np.bincount(label.ravel(), minlength=256))
    return tuple(int(i) for i in found if i not in (0, VOID))


def _shallow(image: Image, bits: int) -> Image:
    if image.dtype == np.uint8:
        return image
    return from_unit(image.astype(np.float64) / ((1 << bits) - 1), np.uint8)
