"""A project on disk: a folder with `project.sqlite` and content-addressed files."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import (
    DefectClass,
    ImageRecord,
    Item,
    Review,
    Role,
    SampleRecord,
    Split,
)
from defectstudio.project import (
    archive,
    catalog,
    datasets,
    folder,
    images,
    reclassing,
    samples,
    unused,
)
from defectstudio.project.archive import Packed, Progress
from defectstudio.project.datasets import Dataset, DatasetEntry
from defectstudio.project.images import NewImage
from defectstudio.project.names import name_key
from defectstudio.project.queue import Queue
from defectstudio.project.samples import NewSample
from defectstudio.project.shelves import Shelves
from defectstudio.project.unused import Unused


class Project(Queue, Shelves):
    """An open project. Its methods may be called from several threads, and a second process may
    have the same project open.

    Every change is one transaction: after an error or a kill it has happened whole or not at
    all. Files are stored before the rows that speak of them. `changed` is emitted with the name
    of a table after the commit, on the thread that made the change.

    All methods raise ProjectError when the disk or the database fails, and for ids and names
    the project does not have.
    """

    def __init__(self, root: Path) -> None:
        """Open the project at `root`; see `open`."""
        super().__init__(root)
        self.settle_orphans()

    @classmethod
    def create(cls, root: Path, item: str) -> Project:
        """Make a project with one item in a new or empty folder, and open it.

        Raises ProjectError when the folder is a project already, is not empty or not writable.
        """
        folder.make(root, item)
        return cls(root)

    @classmethod
    def open(cls, root: Path) -> Project:
        """Open a project. An older schema is backed up and brought up to date; jobs whose owner
        died are queued again where that is safe, else interrupted.

        Raises ProjectError: no project, damaged, newer than this program, not writable.
        """
        return cls(root)

    def close(self) -> None:
        """End the use of the project; jobs still owned become interrupted."""
        if self._database.closed:
            return
        self._owned.give_up_all()
        try:
            self.settle_orphans()
        finally:
            self._database.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # items and classes

    def items(self) -> list[Item]:
        """All items in the order they were added."""
        with self._database.read() as connection:
            return catalog.items(connection)

    def item(self, item_id: int) -> Item:
        """One item."""
        with self._database.read() as connection:
            return catalog.item(connection, item_id)

    def add_item(self, name: str) -> Item:
        """Add an item. Raises ProjectError when the name is taken, whatever its case."""
        with self._change("items") as connection:
            return catalog.insert_item(connection, name)

    def calibrate(self, item_id: int, pixel_size_mm: float | None) -> None:
        """Note what a pixel of an item measures, None: not known."""
        with self._change("items") as connection:
            catalog.calibrate(connection, item_id, pixel_size_mm)

    def classes(self, item_id: int) -> list[DefectClass]:
        """The classes of an item by id."""
        with self._database.read() as connection:
            return catalog.classes(connection, item_id)

    def add_class(self, item_id: int, name: str) -> DefectClass:
        """Add a class to an item; its id was never another's.

        Raises ProjectError when the name is taken, whatever its case, and when all 254 ids were
        used.
        """
        with self._change("classes") as connection:
            return catalog.insert_class(connection, item_id, name)

    def rename_class(self, item_id: int, class_id: int, name: str) -> None:
        """Give a class another name. Raises ProjectError while a job runs."""
        with self._change("classes") as connection:
            reclassing.check_no_job(connection, name)
            catalog.rename_class(connection, item_id, class_id, name)

    def remove_class(self, item_id: int, class_id: int) -> None:
        """Remove a class. Raises ProjectError while images or samples use it."""
        with self._change("classes") as connection:
            catalog.delete_class(connection, item_id, class_id)

    # images

    def images(
        self, item_id: int | None = None, *, role: Role | None = None, split: Split | None = None
    ) -> list[ImageRecord]:
        """Images in the order they were added, of one item, role or split, or all."""
        with self._database.read() as connection:
            return images.select(connection, self.root, item_id=item_id, role=role, split=split)

    def image(self, image_id: int) -> ImageRecord:
        """One image."""
        with self._database.read() as connection:
            return images.select_one(connection, self.root, image_id)

    def add_images(self, item_id: int, new: Sequence[NewImage]) -> list[int]:
        """Add images to an item: one id for each, in order.

        An image whose bytes the item has already is not added; its id is that of the one there.
        Raises ImageError for an image that cannot be read; then none is added.
        """
        stored = [images.store(self.files, image) for image in new]
        with self._change("images") as connection:
            return images.insert(connection, item_id, stored)

    def set_groups(self, groups: Mapping[int, str]) -> None:
        """Say which physical part images show, by image id.

        An image that joins a group takes its split; a group of different splits loses them.
        """
        with self._change("images") as connection:
            images.update_groups(connection, groups)

    def set_splits(self, splits: Mapping[int, Split | None]) -> None:
        """Say which split images belong to, or that it is none, by image id.

        Raises ProjectError, and changes nothing, when a group would not lie in one split whole.
        """
        with self._change("images") as connection:
            images.update_splits(connection, splits)

    # samples

    def samples(self, item_id: int | None = None) -> list[SampleRecord]:
        """Samples in the order they were accepted, of one item or all."""
        with self._database.read() as connection:
            return samples.select(connection, self.root, item_id)

    def accept_samples(
        self,
        item_id: int,
        new: Sequence[NewSample],
        job_id: int | None = None,
        review: Review = Review.UNDECIDED,
    ) -> list[int]:
        """Accept samples: one id for each, in order; one accepted before keeps its id.

        Raises ImageError or ProjectError, and accepts none, when one is not what its recipe
        says it made.
        """
        stored = samples.store_all(self.files, new)
        with self._change("samples") as connection:
            return samples.insert(connection, item_id, stored, job_id, review)

    def remove_sample(self, sample_id: int) -> None:
        """Take an accepted sample back; datasets that were frozen with it keep its files."""
        with self._change("samples") as connection:
            samples.delete(connection, sample_id)

    # datasets

    def datasets(self) -> list[Dataset]:
        """All datasets in the order they were frozen."""
        with self._database.read() as connection:
            return datasets.select(connection)

    def freeze_dataset(self, name: str, entries: Sequence[DatasetEntry]) -> Dataset:
        """Freeze a list of images and samples. Raises ProjectError when a group is torn."""
        with self._change("datasets") as connection:
            return datasets.insert(connection, self.root, name, entries)

    def dataset_entries(self, dataset_id: int) -> list[DatasetEntry]:
        """The list of a dataset in its order."""
        with self._database.read() as connection:
            return datasets.select_entries(connection, self.root, dataset_id)

    # files

    def unused_files(self) -> list[Unused]:
        """What nothing speaks of any more; see `unused.find`."""
        return unused.find(self._database, self.root, time.time())

    def remove_unused_files(self, sorts: Collection[unused.Sort]) -> list[Unused]:
        """Delete those of these sorts; returns what is gone. Raises ProjectError while a job
        starts, or an import or export runs."""
        return unused.take(self._database, self.root, time.time(), sorts)

    def pack(self, target: Path, progress: Progress | None = None) -> Packed:
        """Write all of the project into one new file; see `archive.pack`."""
        return archive.pack(self._database, self.root, target, progress)


def item_named(project: Project, name: str | None) -> Item:
    """The item of this name, whatever its case; without a name the only item there is.

    Raises ProjectError when there is none, or more than one to choose from.
    """
    items = project.items()
    known = ", ".join(item.name for item in items)
    if name is None:
        if len(items) == 1:
            return items[0]
        raise ProjectError(
            "the project has several items", subject=project.root, remedy=f"Name one of: {known}."
        )
    for item in items:
        if name_key(item.name) == name_key(name.strip()):
            return item
    raise ProjectError(
        "the project has no item of this name", subject=name, remedy=f"It has: {known}."
    )
