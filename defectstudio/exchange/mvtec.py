"""Export in the MVTec AD layout, a folder an item.

train/good/NNN.png and test/good/NNN.png, test/CLASS/NNN.png with ground_truth/CLASS/NNN_mask.png
(8 bits, 0/255). Readers pair files by sort order, so numbers have one width in a folder.
Source: https://www.mvtec.com/company/research/datasets/mvtec-ad
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from defectstudio.domain.errors import ExportError
from defectstudio.exchange import exporting
from defectstudio.exchange.exporting import ExportEntry, ExportReport, Picture, Progress, Row
from defectstudio.exchange.names import unique_names
from defectstudio.exchange.staging import staged
from defectstudio.imaging.reading import (
    from_unit,
    read_header,
    read_image,
    read_label,
    read_mask,
    write_png,
)
from defectstudio.imaging.types import Image

COMBINED = "combined"
"""MVTec AD's own name for images that show several kinds of defect."""
_GOOD = "good"
_LEAST_DIGITS = 3


@dataclass(frozen=True)
class _Layout:
    """Folder names of items and classes, digits of the file numbers, significant bits an item."""

    items: Mapping[str, str]
    classes: Mapping[int, str]
    digits: int
    bits: Mapping[str, int]


def export_mvtec(
    entries: Sequence[ExportEntry],
    classes: Mapping[int, str],
    out: Path,
    *,
    progress: Progress | None = None,
) -> ExportReport:
    """Write `entries` into the new folder `out` and read every file back.

    Good images of the split test go to test/good, all others to train/good; every defective image
    goes to test, images of several classes to test/combined with one mask of all. Deep pictures
    are written in 8 bits over the significant bits of the item's deep pictures. The report says
    where any of this happened. Raises ExportError and ImageError; then nothing is left at `out`.
    """
    exporting.check_request(entries, classes)
    layout = _layout(entries, classes)
    rows: list[Row] = []
    numbers: Counter[str] = Counter()
    voids = 0
    with staged(out) as folder:
        for picture in exporting.pictures(entries, classes, progress):
            rows.append(_write(folder, picture, layout, numbers))
            voids += bool((picture.label == exporting.VOID).any())
        notes = _notes(rows, layout) + exporting.void_note(voids)
        exporting.write_manifest(folder, "mvtec", classes, rows, notes)
    return exporting.report("mvtec", out, classes, rows, notes)


def _layout(entries: Sequence[ExportEntry], classes: Mapping[int, str]) -> _Layout:
    folders = dict(zip(classes, unique_names(classes.values()), strict=True))
    for class_id, name in folders.items():
        if name.casefold() == _GOOD:
            raise ExportError(
                "the MVTec AD layout keeps this name for defect-free images",
                subject=classes[class_id],
                remedy="Rename the class, or export as coco or png.",
            )
    # "recipes" is a folder of the export itself.
    items = list(dict.fromkeys(entry.item for entry in entries))
    names = unique_names(["recipes", *items])[1:]
    digits = max(_LEAST_DIGITS, len(str(len(entries) - 1)))
    return _Layout(dict(zip(items, names, strict=True)), folders, digits, _bits(entries))


def _bits(entries: Sequence[ExportEntry]) -> dict[str, int]:
    """Significant bits of the deep pictures of each item that has some."""
    bits: dict[str, int] = defaultdict(lambda: 8)
    for entry in entries:
        if read_header(entry.image).depth == 16:
            highest = int(read_image(entry.image).max())
            bits[entry.item] = max(bits[entry.item], highest.bit_length())
    return dict(bits)


def _write(folder: Path, picture: Picture, layout: _Layout, numbers: Counter[str]) -> Row:
    item = layout.items[picture.entry.item]
    if not picture.class_ids:
        part, kind = ("test" if picture.entry.split == "test" else "train"), _GOOD
    else:
        part = "test"
        several = len(picture.class_ids) > 1
        kind = COMBINED if several else layout.classes[picture.class_ids[0]]
    place = f"{item}/{part}/{kind}"
    number = f"{numbers[place]:0{layout.digits}d}"
    numbers[place] += 1
    image = f"{place}/{number}.png"
    shown = _shallow(picture.image, layout.bits.get(picture.entry.item, 8))
    write_png(folder / image, shown)
    exporting.must_equal(read_image(folder / image), shown, folder / image)
    labels = []
    if picture.class_ids:
        labels = [f"{item}/ground_truth/{kind}/{number}_mask.png"]
        pixels = (picture.label != 0) & (picture.label != exporting.VOID)
        write_png(folder / labels[0], pixels)
        exporting.must_equal(read_mask(folder / labels[0]), pixels, folder / labels[0])
        exporting.must_equal(
            read_label(folder / labels[0]), pixels.astype(np.uint8) * np.uint8(255),
            folder / labels[0],
        )  # fmt: skip
    return exporting.row(picture, image, labels, exporting.keep_recipe(folder, picture))


def _shallow(image: Image, bits: int) -> Image:
    if image.dtype == np.uint8:
        return image
    return from_unit(image.astype(np.float64) / ((1 << bits) - 1), np.uint8)


def _notes(rows: Sequence[Row], layout: _Layout) -> list[str]:
    notes = []
    several = sum(len(line.class_ids) > 1 for line in rows)
    if several:
        notes.append(
            f"{several} images show several classes: they are in test/{COMBINED}, "
            "with one mask of all their defects."
        )
    moved = sum(bool(line.class_ids) and line.split in ("train", "val") for line in rows)
    if moved:
        notes.append(
            f"{moved} defective images of the splits train and val are in test: the layout has no "
            "other place for them. The manifest names the split of each."
        )
    joined = sum(not line.class_ids and line.split == "val" for line in rows)
    if joined:
        notes.append(f"{joined} good images of the split val are in train/good.")
    for item, bits in layout.bits.items():
        notes.append(
            f"The 16-bit pictures of {item} were reduced to 8 bits over their {bits} "
            "significant bits: the layout holds no deeper ones."
        )
    for item, name in layout.items.items():
        if not any(line.image.startswith(f"{name}/train/") for line in rows):
            notes.append(f"{item} has no good image for train/good, which most readers need.")
    return notes
