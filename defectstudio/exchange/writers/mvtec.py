"""The MVTec AD layouts, a folder an item.

mvtec   train/good/NNN.png and test/good/NNN.png, test/CLASS/NNN.png with
        ground_truth/CLASS/NNN_mask.png (8 bits, 0/255)
mvtec2  train/good/NNN_regular.png, validation/good, test_public/good and test_public/bad with
        test_public/ground_truth/bad/NNN_regular_mask.png

Readers pair files by sort order, so numbers have one width in a folder.
Source: https://www.mvtec.com/company/research/datasets/mvtec-ad and mvtec-ad-2
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import ClassVar

from defectstudio.domain.errors import ExportError
from defectstudio.exchange.journal import Row
from defectstudio.exchange.names import unique_names
from defectstudio.exchange.pictures import Picture
from defectstudio.exchange.writers.writer import Ground, Rows, Written, put_image, without_void

COMBINED = "combined"
"""MVTec AD's own name for images that show several kinds of defect."""
_GOOD = "good"
_LEAST_DIGITS = 3


class _Numbered:
    """Numbered pictures in folders of items. Good images of the split test go to test, as do all
    defective ones; the others to train."""

    deep: ClassVar[bool] = False
    void: ClassVar[bool] = False
    suffix: ClassVar[str] = ""

    def __init__(self, ground: Ground) -> None:
        self._folder = ground.folder
        request = ground.request
        # "recipes" is a folder of the export itself.
        items = list(dict.fromkeys(entry.item for entry in request.entries))
        self._items = dict(zip(items, unique_names(["recipes", *items])[1:], strict=True))
        self._numbers = Counter(ground.taken)
        # A picture may be cut into many pieces, whose number is not known yet.
        most = len(request.entries) - 1 if request.tile is None else 10**7 - 1
        self._digits = max(_LEAST_DIGITS, len(str(most)))
        self._prepare(ground)

    def _prepare(self, ground: Ground) -> None:
        """What a layout needs beside."""

    def _place(self, picture: Picture) -> tuple[str, str]:
        """The folders, below the item's, of a picture and of its mask."""
        raise NotImplementedError

    def write(self, picture: Picture) -> Written:
        """The picture and, for a defective one, one mask of all its classes."""
        item = self._items[picture.entry.item]
        place, masks = self._place(picture)
        where = f"{item}/{place}"
        stem = f"{self._numbers[where]:0{self._digits}d}{self.suffix}"
        self._numbers[where] += 1
        image = f"{where}/{stem}.png"
        put_image(self._folder, image, picture.image)
        labels: tuple[str, ...] = ()
        if picture.class_ids:
            labels = (f"{item}/{masks}/{stem}_mask.png",)
            put_image(self._folder, labels[0], without_void(picture.label) > 0)
        return Written(image, labels)

    def finish(self, rows: Rows, /) -> list[str]:
        """What the layout moved or merged."""
        several = sum(len(row.class_ids) > 1 for row in rows())
        notes = [self._several(several)] if several else []
        moved = _number(rows, lambda row: bool(row.class_ids) and row.split in ("train", "val"))
        if moved:
            notes.append(
                f"{moved} defective images of the splits train and val are in test: the layout "
                "has no other place for them. The manifest names the split of each."
            )
        for item, name in self._items.items():
            if not any(row.image.startswith(f"{name}/train/") for row in rows()):
                notes.append(f"{item} has no good image for train/good, which most readers need.")
        return notes

    def _several(self, number: int) -> str:
        raise NotImplementedError


class MvtecAd(_Numbered):
    """See the module."""

    def _prepare(self, ground: Ground) -> None:
        classes = ground.request.kept
        self._classes = dict(zip(classes, unique_names(classes.values()), strict=True))
        for class_id, name in self._classes.items():
            if name.casefold() == _GOOD:
                raise ExportError(
                    "the MVTec AD layout keeps this name for defect-free images",
                    subject=classes[class_id],
                    remedy="Rename the class, or export as coco or png.",
                )

    def _place(self, picture: Picture) -> tuple[str, str]:
        if not picture.class_ids:
            return f"{'test' if picture.entry.split == 'test' else 'train'}/{_GOOD}", ""
        several = len(picture.class_ids) > 1
        kind = COMBINED if several else self._classes[picture.class_ids[0]]
        return f"test/{kind}", f"ground_truth/{kind}"

    def finish(self, rows: Rows, /) -> list[str]:
        """What the layout moved or merged."""
        joined = _number(rows, lambda row: not row.class_ids and row.split == "val")
        notes = [f"{joined} good images of the split val are in train/good."] if joined else []
        return super().finish(rows) + notes

    def _several(self, number: int) -> str:
        return (
            f"{number} images show several classes: they are in test/{COMBINED}, "
            "with one mask of all their defects."
        )


class MvtecAd2(_Numbered):
    """See the module."""

    suffix: ClassVar[str] = "_regular"

    def _place(self, picture: Picture) -> tuple[str, str]:
        if picture.class_ids:
            return "test_public/bad", "test_public/ground_truth/bad"
        part = {"test": "test_public", "val": "validation"}.get(picture.entry.split or "", "train")
        return f"{part}/{_GOOD}", ""

    def finish(self, rows: Rows, /) -> list[str]:
        """What the layout moved or merged."""
        shown = {class_id for row in rows() for class_id in row.class_ids}
        notes = ["The layout has no classes: all defects are bad."] if len(shown) > 1 else []
        return super().finish(rows) + notes

    def _several(self, number: int) -> str:
        return f"{number} images show several classes, which share one mask."


def _number(rows: Rows, holds: Callable[[Row], bool]) -> int:
    return sum(holds(row) for row in rows())
