"""The models of a project: added, renamed, removed."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from defectstudio.domain.records import GeneratorRecord, SegmenterRecord
from defectstudio.project.base import ProjectBase
from defectstudio.project.jobs import check_idle
from defectstudio.project.models import GENERATORS, SEGMENTERS, CardT, NewModel, RecordT, Shelf
from defectstudio.project.names import clean_name


class Shelves(ProjectBase):
    """The part of a project that keeps trained generators and segmenters."""

    def generators(self, item_id: int | None = None) -> list[GeneratorRecord]:
        """Generators in the order they were added, of one item or all."""
        with self._database.read() as connection:
            return GENERATORS.select(connection, self.root, item_id)

    def generator(self, name: str) -> GeneratorRecord:
        """The generator of this name, whatever its case."""
        with self._database.read() as connection:
            return GENERATORS.select_one(connection, self.root, name)

    def add_generator(self, item_id: int, name: str, kind: str, source: Path) -> GeneratorRecord:
        """Copy a trained generator into the project; the same one twice is one.

        Raises CheckpointError when the folder holds no usable generator, ProjectError when the
        name is taken or its classes are not those of the item.
        """
        return self._add_model(GENERATORS, item_id, name, kind, source)

    def segmenters(self, item_id: int | None = None) -> list[SegmenterRecord]:
        """Segmenters in the order they were added, of one item or all."""
        with self._database.read() as connection:
            return SEGMENTERS.select(connection, self.root, item_id)

    def segmenter(self, name: str) -> SegmenterRecord:
        """The segmenter of this name, whatever its case."""
        with self._database.read() as connection:
            return SEGMENTERS.select_one(connection, self.root, name)

    def add_segmenter(self, item_id: int, name: str, kind: str, source: Path) -> SegmenterRecord:
        """Copy a trained segmenter into the project; raises as `add_generator`."""
        return self._add_model(SEGMENTERS, item_id, name, kind, source)

    def rename_generator(self, name: str, new: str) -> GeneratorRecord:
        """Give a generator another name; recipes name its weights and still find it."""
        return self._rename_model(GENERATORS, name, new)

    def rename_segmenter(self, name: str, new: str) -> SegmenterRecord:
        """Give a segmenter another name; what it was judged by goes with it."""
        return self._rename_model(SEGMENTERS, name, new)

    def remove_generator(self, name: str) -> None:
        """Forget a generator with its files. Raises ProjectError while a job runs."""
        self._remove_model(GENERATORS, name)

    def remove_segmenter(self, name: str) -> None:
        """Forget a segmenter with its files. Raises ProjectError while a job runs."""
        self._remove_model(SEGMENTERS, name)

    def _add_model(
        self, shelf: Shelf[CardT, RecordT], item_id: int, name: str, kind: str, source: Path
    ) -> RecordT:
        name = clean_name(name, shelf.noun)
        card = shelf.read_card(source)
        with (
            shelf.copied(source, self.root) as beside,
            self._change(shelf.table) as connection,
        ):
            new = NewModel(item_id, name, kind, beside, card)
            return shelf.insert(connection, self.root, new)

    def _rename_model(self, shelf: Shelf[CardT, RecordT], name: str, new: str) -> RecordT:
        new = clean_name(new, shelf.noun)
        with self._change(shelf.table) as connection:
            before = shelf.select_one(connection, self.root, name)
            renamed = shelf.rename(connection, self.root, before, new)
            if shelf is SEGMENTERS:
                _retitle(connection, before.name, renamed.name)
        self.changed.emit("jobs")
        return renamed

    def _remove_model(self, shelf: Shelf[CardT, RecordT], name: str) -> None:
        with self._change(shelf.table) as connection:
            record = shelf.select_one(connection, self.root, name)
            check_idle(connection, record.name, "may work with the models as they are")
            shelf.delete(connection, record)
            if shelf is SEGMENTERS:
                # A later one of this name was not judged by these.
                _retitle(connection, record.name, f"{record.name} (deleted)")
        # After the commit: a row never speaks of files that are gone.
        shutil.rmtree(record.folder, ignore_errors=True)
        self.changed.emit("jobs")


def _retitle(connection: sqlite3.Connection, before: str, now: str) -> None:
    """The judgements of a segmenter are found by their titles, `<name> on <split>`."""
    connection.execute(
        "UPDATE jobs SET title = :now || substr(title, length(:before) + 1)"
        " WHERE kind = 'evaluate' AND substr(title, 1, length(:before) + 4) = :before || ' on '",
        {"before": before, "now": now},
    )
