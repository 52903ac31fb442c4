"""The samples under review as a list model with a filter."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt

from defectstudio.app.reviewing import Making
from defectstudio.domain.auditing import Flaw
from defectstudio.domain.records import Review, SampleRecord
from defectstudio.gui.panels.image_model import RECORD

ANY = "any"


@dataclass(frozen=True)
class Wanted:
    """Which samples to show; None: any. flaw: that an audit found, ANY of them: the worst first."""

    class_id: int | None = None
    generator: str | None = None
    flaw: Flaw | str | None = None
    reviews: tuple[Review, ...] = tuple(Review)


class ReviewModel(QAbstractListModel):
    """Samples, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[SampleRecord] = []
        self._shown: list[SampleRecord] = []
        self._wanted = Wanted()
        self.names: dict[int, str] = {}
        self.makings: dict[int, Making] = {}
        self.flaws: dict[int, tuple[Flaw, ...]] = {}

    @property
    def all(self) -> list[SampleRecord]:
        """All samples, those the filter leaves out too."""
        return self._all

    def show(self, records: list[SampleRecord], names: dict[int, str]) -> None:
        """Show these; names: class id -> name. Rows stay where only their state changed."""
        self._all, self.names = records, names
        self._fill()

    def choose(self, wanted: Wanted) -> None:
        """Filter."""
        self._wanted = wanted
        self._fill()

    def learn(self, makings: dict[int, Making]) -> None:
        """How more of the samples were made."""
        self.makings.update(makings)
        if self._wanted.generator is not None:
            self._fill()

    def judge(self, flaws: dict[int, tuple[Flaw, ...]]) -> None:
        """What an audit found of samples, by id, the worst first."""
        self.flaws = flaws
        if self._wanted.flaw is not None:
            self._fill()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        record = self._shown[index.row()]
        if role == RECORD:
            return record
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{record.id}: {self.classes_of(record)} ({record.review.value})"
        return None

    def classes_of(self, record: SampleRecord) -> str:
        """The names of a sample's classes."""
        return ", ".join(self.names.get(number, "?") for number in record.class_ids)

    def _fill(self) -> None:
        kept = [record for record in self._all if self._keeps(record)]
        if self._wanted.flaw is not None:
            places = {number: place for place, number in enumerate(self.flaws)}
            kept.sort(key=lambda record: places[record.id])
        if [record.id for record in kept] == [record.id for record in self._shown]:
            self._shown = kept
            if kept:
                self.dataChanged.emit(self.index(0), self.index(len(kept) - 1))
            return
        self.beginResetModel()
        self._shown = kept
        self.endResetModel()

    def _keeps(self, record: SampleRecord) -> bool:
        wanted, making = self._wanted, self.makings.get(record.id)
        return (
            record.review in wanted.reviews
            and wanted.class_id in (None, *record.class_ids)
            and self._is_flawed(record, wanted.flaw)
            and (wanted.generator is None or (making and wanted.generator in making.generators))
        )

    def _is_flawed(self, record: SampleRecord, flaw: Flaw | str | None) -> bool:
        own = self.flaws.get(record.id, ())
        return flaw is None or bool(own if flaw == ANY else flaw in own)
