"""The images of an item as a list model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt

from defectstudio.domain.records import ImageRecord, Role

RECORD = Qt.ItemDataRole.UserRole
MARKS = RECORD + 1
KINDS: dict[str, Callable[[ImageRecord], bool]] = {
    "all": lambda _: True,
    "normal": lambda record: record.role is Role.NORMAL,
    "defect": lambda record: record.role is Role.DEFECT,
    "unpainted": lambda record: record.is_unpainted,
}
"""What images are asked for by."""


@dataclass(frozen=True)
class Marks:
    """What the dots say: labeled classes, whether a mask is planned, samples made of it."""

    class_ids: tuple[int, ...]
    planned: bool
    samples: int


class ImageModel(QAbstractListModel):
    """One row an image; the text is its name."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[ImageRecord] = []
        self._records: list[ImageRecord] = []
        self._planned: set[int] = set()
        self._samples: dict[int, int] = {}
        self._kind = "all"
        self._text = ""

    @property
    def total(self) -> int:
        """How many images there are, those left out by the filter too."""
        return len(self._all)

    @property
    def waiting(self) -> set[int]:
        """The ids of the images that are to be painted, those left out by the filter too."""
        return {record.id for record in self._all if record.is_unpainted}

    def show(self, records: list[ImageRecord], planned: set[int], samples: dict[int, int]) -> None:
        """Show these images. Rows stay when only their state changed."""
        self._all, self._planned, self._samples = records, planned, samples
        self._fill()

    def choose(self, kind: str, text: str) -> None:
        """Keep images of this one of KINDS whose name holds the text."""
        self._kind, self._text = kind, text.casefold().strip()
        self._fill()

    def _fill(self) -> None:
        kept = [record for record in self._all if self._keeps(record)]
        if [record.id for record in kept] == [record.id for record in self._records]:
            self._records = kept
            if kept:
                self.dataChanged.emit(self.index(0), self.index(len(kept) - 1))
            return
        self.beginResetModel()
        self._records = kept
        self.endResetModel()

    def _keeps(self, record: ImageRecord) -> bool:
        return KINDS[self._kind](record) and self._text in record.name.casefold()

    def row_of(self, image_id: int) -> int:
        """The row of an image, -1 when it is not here."""
        ids = [record.id for record in self._records]
        return ids.index(image_id) if image_id in ids else -1

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._records)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        record = self._records[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return record.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{record.name}\n{record.width} × {record.height} px, {record.depth} bit"
        if role == RECORD:
            return record
        if role == MARKS:
            return Marks(
                record.class_ids, record.id in self._planned, self._samples.get(record.id, 0)
            )
        return None
