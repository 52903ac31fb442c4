"""The MVTec AD layouts, a folder an item.

mvtec   train/good/NNN.png and test/good/NNN.png, test/CLASS/NNN.png with
        ground_truth/CLASS/NNN_mask.png (8 bits, 0/255)
mvtec2  train/good/NNN_regular.png, validation/good, test_public/good and test_public/bad with
        test_public/ground_truth/bad/NNN_regular_mask.png

Readers pair files by sort order, so numbers have one width in a folder. Anomalib refuses an item's
folder with letters beyond ASCII.
Source: https://www.mvtec.com/company/research/datasets/mvtec-ad and mvtec-ad-2
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from defectstudio.domain.errors import ExportError
from defectstudio.exchange.journal import Row
from defectstudio.exchange.names import ascii_name, unique_names
from defectstudio.exchange.pictures import Picture
from defectstudio.exchange.writers.writer import Ground, Rows, Written, put_image, without_void

COMBINED = "combined"
"""MVTec AD's own name for images that show several kinds of defect."""
_GOOD = "good"
_LEAST_DIGITS = 3
_NOT_TEST = ("train", "val")


@dataclass(frozen=True)
class _Layout:
    """Folders below an item's. good: by split, those of others in train; bad and masks: of
    defective ones, by their class where `kind` is in it. suffix: of names. several: what is said of
    images of several classes."""

    good: Mapping[str, str]
    bad: str
    masks: str
    suffix: str
    several: str

    @property
    def has_classes(self) -> bool:
        """Whether a class has a folder."""
        return "{kind}" in self.bad


_AD = _Layout(
    {"test": "test"},
    "test/{kind}",
    "ground_truth/{kind}",
    "",
    f": they are in test/{COMBINED}, with one mask of all their defects.",
)
_AD2 = _Layout(
    {"test": "test_public", "val": "validation"},
    "test_public/bad",
    "test_public/ground_truth/bad",
    "_regular",
    ", which share one mask.",
)


class MvtecAd:
    """Numbered pictures in folders of items. Good images lie by their split, all defective ones in
    the test."""

    deep: ClassVar[bool] = False
    void: ClassVar[bool] = False
    layout: ClassVar[_Layout] = _AD

    def __init__(self, ground: Ground) -> None:
        self._folder = ground.folder
        request = ground.request
        # "recipes" is a folder of the export itself.
        items = list(dict.fromkeys(entry.item for entry in request.entries))
        folders = unique_names(["recipes", *(ascii_name(one) or "item" for one in items)])[1:]
        self._items = dict(zip(items, folders, strict=True))
        self._numbers = Counter(ground.taken)
        # A picture may be cut into many pieces, whose number is not known yet.
        most = len(request.entries) - 1 if request.tile is None else 10**7 - 1
        self._digits = max(_LEAST_DIGITS, len(str(most)))
        self._classes = _kinds(request.kept) if self.layout.has_classes else {}

    def write(self, picture: Picture) -> Written:
        """The picture and, for a defective one, one mask of all its classes."""
        item = self._items[picture.entry.item]
        where = f"{item}/{self._place(picture)}"
        stem = f"{self._numbers[where]:0{self._digits}d}{self.layout.suffix}"
        self._numbers[where] += 1
        image = f"{where}/{stem}.png"
        put_image(self._folder, image, picture.image)
        labels: tuple[str, ...] = ()
        if picture.class_ids:
            masks = self.layout.masks.format(kind=self._kind(picture))
            labels = (f"{item}/{masks}/{stem}_mask.png",)
            put_image(self._folder, labels[0], without_void(picture.label) > 0)
        return Written(image, labels)

    def finish(self, rows: Rows, /) -> list[str]:
        """What the layout moved or merged."""
        return [*self._merged(rows), *self._moved(rows)]

    def _place(self, picture: Picture) -> str:
        if picture.class_ids:
            return self.layout.bad.format(kind=self._kind(picture))
        return f"{self.layout.good.get(picture.entry.split or '', 'train')}/{_GOOD}"

    def _kind(self, picture: Picture) -> str:
        if len(picture.class_ids) > 1:
            return COMBINED
        return self._classes.get(picture.class_ids[0], "")

    def _merged(self, rows: Rows) -> Iterator[str]:
        if several := _number(rows, lambda row: len(row.class_ids) > 1):
            yield f"{several} images show several classes{self.layout.several}"
        shown = {class_id for row in rows() for class_id in row.class_ids}
        if not self.layout.has_classes and len(shown) > 1:
            yield "The layout has no classes: all defects are bad."

    def _moved(self, rows: Rows) -> Iterator[str]:
        if moved := _number(rows, lambda row: bool(row.class_ids) and row.split in _NOT_TEST):
            yield (
                f"{moved} defective images of the splits train and val are in test: the layout "
                "has no other place for them. The manifest names the split of each."
            )
        if "val" not in self.layout.good and (
            joined := _number(rows, lambda row: not row.class_ids and row.split == "val")
        ):
            yield f"{joined} good images of the split val are in train/good."
        for item, name in self._items.items():
            if not item.isascii():
                yield f"{item} is in {name}: anomalib reads no folder with letters beyond ASCII."
            if not any(row.image.startswith(f"{name}/train/") for row in rows()):
                yield f"{item} has no good image for train/good, which most readers need."


class MvtecAd2(MvtecAd):
    """The same in the second edition's folders."""

    layout: ClassVar[_Layout] = _AD2


def _kinds(classes: Mapping[int, str]) -> dict[int, str]:
    """Folders of classes. Raises ExportError for a class of the name that good images have."""
    named = dict(zip(classes, unique_names(classes.values()), strict=True))
    for class_id, name in named.items():
        if name.casefold() == _GOOD:
            raise ExportError(
                "the MVTec AD layout keeps this name for defect-free images",
                subject=classes[class_id],
                remedy="Rename the class, or export as coco or png.",
            )
    return named


def _number(rows: Rows, holds: Callable[[Row], bool]) -> int:
    return sum(holds(row) for row in rows())
