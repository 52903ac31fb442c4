"""What an import changes in a project, known before anything is written, and the writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from defectstudio.app.import_groups import Grouping
from defectstudio.app.import_survey import Picture, empty_label
from defectstudio.app.labels import check_no_background
from defectstudio.domain.records import DefectClass, ImageRecord, Item, Role
from defectstudio.exchange.plan import GOOD
from defectstudio.imaging.reading import read_header, read_label, read_pixel_size_mm
from defectstudio.imaging.types import ImageHeader
from defectstudio.jobs.kinds import Progress
from defectstudio.project.curation import IMPORTED
from defectstudio.project.images import NewImage
from defectstudio.project.names import name_key
from defectstudio.project.project import Project

CHUNK_IMAGES = 32
CHUNK_PIXELS = 1 << 26
"""A chunk is one transaction; the labels of its images are in memory together."""


@dataclass(frozen=True)
class Changes:
    """Pictures against what the item has: `existing` images and `classes`."""

    pictures: Sequence[Picture]
    existing: Sequence[ImageRecord]
    classes: Sequence[DefectClass]
    grouping: Grouping

    @cached_property
    def new(self) -> list[Picture]:
        """The pictures the item does not have."""
        return [picture for picture in self.pictures if picture.sha256 not in self._known]

    @cached_property
    def merged(self) -> list[tuple[ImageRecord, Picture]]:
        """Images of the item that lack a class of their picture."""
        pairs = [
            (self._known[picture.sha256], picture)
            for picture in self.pictures
            if picture.sha256 in self._known
        ]
        return [(image, picture) for image, picture in pairs if self.lacking(image, picture)]

    @cached_property
    def regrouped(self) -> dict[int, str]:
        """Image id -> the group the image moves to."""
        groups = self.grouping.groups
        return {
            image.id: groups[image.sha256]
            for image in self.existing
            if groups.get(image.sha256, image.group) != image.group
        }

    @property
    def added(self) -> dict[str, int]:
        """New images by class name, "good" for normal ones."""
        return dict(Counter(name for picture in self.new for name in picture.classes or (GOOD,)))

    def lacking(self, image: ImageRecord, picture: Picture) -> set[str]:
        """The name keys of the picture's masked classes that the image's label does not have."""
        names = {found.id: name_key(found.name) for found in self.classes}
        has = {names[class_id] for class_id in image.class_ids if image.label_file}
        return set(picture.marked) - has

    @property
    def notes(self) -> list[str]:
        """What is to be done with the new pictures."""
        bare = sum(picture.role is Role.DEFECT and not picture.marked for picture in self.new)
        if not bare:
            return []
        return [
            f"Images of defects without a mask: {bare}. Paint their defects in the window; until "
            "then they are neither trained on nor exported."
        ]

    @property
    def _known(self) -> dict[str, ImageRecord]:
        return {image.sha256: image for image in self.existing}


class Writer:
    """Writes the changes of an import; every chunk is whole in the project or not at all."""

    def __init__(self, project: Project, item: Item, changes: Changes) -> None:
        self._project = project
        self._item = item
        self._changes = changes
        self.contested: list[str] = []
        """The names of pictures whose masks of different classes overlapped."""

    def write(self, progress: Progress) -> None:
        """Write everything. Raises ImageError and ProjectError; nothing is written where an image
        that gets a mask is the background of samples (`labels.check_no_background`)."""
        changes = self._changes
        for image, _ in changes.merged:
            check_no_background(self._project, image)
        class_ids = self._class_ids()
        done = 0
        for chunk in _chunks(changes.new):
            images = [self._new_image(picture, header, class_ids) for picture, header in chunk]
            self._project.add_images(self._item.id, images)
            done += len(chunk)
            progress(done, len(changes.new))
        for image, picture in changes.merged:
            wanted = changes.lacking(image, picture)
            self._merge(image, picture, {key: class_ids[key] for key in wanted})
        if changes.regrouped:
            self._project.set_groups(changes.regrouped)
        self._calibrate()

    def _calibrate(self) -> None:
        """Take a pixel's size from the new pictures where they agree and nobody told another."""
        if self._project.item(self._item.id).pixel_size_mm is not None:
            return
        sizes = {read_pixel_size_mm(picture.file) for picture in self._changes.new}
        size = sizes.pop() if len(sizes) == 1 else None
        if size is not None:
            self._project.calibrate(self._item.id, size)

    def _class_ids(self) -> dict[str, int]:
        """Name key -> id of all classes concerned; those that are new are added first."""
        ids = {name_key(found.name): found.id for found in self._changes.classes}
        for picture in self._changes.pictures:
            for name in picture.classes:
                if name_key(name) not in ids:
                    ids[name_key(name)] = self._project.add_class(self._item.id, name).id
        return ids

    def _new_image(
        self, picture: Picture, header: ImageHeader, class_ids: Mapping[str, int]
    ) -> NewImage:
        label = empty_label(header.height, header.width)
        if picture.paint(label, class_ids):
            self.contested.append(picture.name)
        return NewImage(
            name=picture.name,
            role=picture.role,
            file=picture.file,
            group=self._changes.grouping.groups[picture.sha256],
            label=label if label.any() else None,
            class_ids=tuple(class_ids[name_key(name)] for name in picture.classes),
        )

    def _merge(self, image: ImageRecord, picture: Picture, class_ids: Mapping[str, int]) -> None:
        label = (
            read_label(image.label_file).copy()
            if image.label_file
            else empty_label(image.height, image.width)
        )
        if picture.paint(label, class_ids):
            self.contested.append(picture.name)
        self._project.save_label(image.id, label, IMPORTED)


def _chunks(pictures: Sequence[Picture]) -> Iterator[list[tuple[Picture, ImageHeader]]]:
    chunk: list[tuple[Picture, ImageHeader]] = []
    pixels = 0
    for picture in pictures:
        header = read_header(picture.file)
        size = header.height * header.width
        if chunk and (len(chunk) == CHUNK_IMAGES or pixels + size > CHUNK_PIXELS):
            yield chunk
            chunk, pixels = [], 0
        chunk.append((picture, header))
        pixels += size
    if chunk:
        yield chunk
