"""Classes of an item: what a change of one would touch, and the change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import to_json
from defectstudio.domain.records import DefectClass, ImageRecord, SampleRecord
from defectstudio.imaging.reading import pixel_sha256, read_label
from defectstudio.imaging.types import Label
from defectstudio.project.images import label_classes
from defectstudio.project.models import GENERATORS, SEGMENTERS, CardT, RecordT, Shelf
from defectstudio.project.names import name_key
from defectstudio.project.project import Project
from defectstudio.project.reclassing import VOID, RelabeledImage, RelabeledSample
from defectstudio.project.samples import read_manifest

Progress = Callable[[int, int], None]
T = TypeVar("T")


@dataclass(frozen=True)
class ClassUse:
    """A class and what speaks of it: images, samples, and models by name that learned it."""

    defect: DefectClass
    images: int
    samples: int
    generators: tuple[str, ...]
    segmenters: tuple[str, ...]

    @property
    def used(self) -> bool:
        """Whether removing the class touches a label."""
        return bool(self.images or self.samples)


def class_uses(project: Project, item_id: int) -> list[ClassUse]:
    """All classes of an item with what speaks of them. Raises CheckpointError, ProjectError."""
    images = Counter(n for image in project.images(item_id) for n in image.class_ids)
    samples = Counter(n for sample in project.samples(item_id) for n in sample.class_ids)
    generators = _learned(GENERATORS, project.generators(item_id))
    segmenters = _learned(SEGMENTERS, project.segmenters(item_id))
    return [
        ClassUse(
            one,
            images[one.id],
            samples[one.id],
            tuple(name for name, ids in generators.items() if one.id in ids),
            tuple(name for name, ids in segmenters.items() if one.id in ids),
        )
        for one in project.classes(item_id)
    ]


def merge_classes(
    project: Project, item_id: int, class_id: int, into: int, progress: Progress | None = None
) -> None:
    """Make the pixels of a class those of another one, in all images and samples, and remove it.

    The new planes are stored beside the old ones; then one transaction changes all rows. Models
    keep what they learned. Raises ProjectError: the same class twice, an unknown one, a job that
    runs, or a label that was changed meanwhile; then nothing is changed.
    """
    if class_id == into:
        raise ProjectError("a class cannot be merged into itself", remedy="Choose another one.")
    mapping = {class_id: into}
    images = _labeled(project, item_id, class_id)
    samples = [one for one in project.samples(item_id) if class_id in one.class_ids]
    new_images = [_relabeled_image(project, one, mapping) for one in _each(images, progress)]
    new_samples = [_relabeled_sample(project, one, mapping) for one in _each(samples, progress)]
    project.replace_class(item_id, class_id, into, new_images, new_samples)


def delete_class(
    project: Project, item_id: int, class_id: int, progress: Progress | None = None
) -> None:
    """Remove a class. Its pixels become void, for a defect is there, though of no class; images
    that showed nothing else lose their label, and samples that show it are removed.

    Raises ProjectError as `merge_classes` does.
    """
    images = _labeled(project, item_id, class_id)
    mapping = {class_id: VOID}
    new = [_relabeled_image(project, one, mapping) for one in _each(images, progress)]
    project.replace_class(item_id, class_id, None, new, [])


def class_named(classes: Iterable[DefectClass], name: str) -> DefectClass:
    """The class of this name, whatever its case. Raises ProjectError for none."""
    known = list(classes)
    for one in known:
        if name_key(one.name) == name_key(name.strip()):
            return one
    raise ProjectError(
        "there is no class of this name",
        subject=name,
        remedy=f"There are: {', '.join(one.name for one in known) or 'none'}.",
    )


def relabel(label: Label, mapping: Mapping[int, int]) -> Label:
    """The plane with other ids, all at once: {1: 2, 2: 1} swaps two classes."""
    if not mapping:
        return label
    table = np.arange(256, dtype=np.uint8)
    for before, now in mapping.items():
        table[before] = now
    return table[label]


def _each(records: Sequence[T], progress: Progress | None) -> Iterator[T]:
    """The records one by one, counted."""
    for done, record in enumerate(records, start=1):
        yield record
        if progress is not None:
            progress(done, len(records))


def _labeled(project: Project, item_id: int, class_id: int) -> list[ImageRecord]:
    images = project.images(item_id)
    return [one for one in images if class_id in one.class_ids and one.label_file is not None]


def _relabeled_image(
    project: Project, image: ImageRecord, mapping: Mapping[int, int]
) -> RelabeledImage:
    assert image.label_file is not None
    plane = relabel(read_label(image.label_file), mapping)
    stored = project.files.add_label(plane) if label_classes(plane) else None
    return RelabeledImage(image.id, image.label_file, stored)


def _relabeled_sample(
    project: Project, sample: SampleRecord, mapping: Mapping[int, int]
) -> RelabeledSample:
    manifest = read_manifest(sample.recipe_file)
    label = relabel(read_label(sample.label_file), mapping)
    painted = relabel(read_label(sample.painted_file), mapping)
    before = {key: mapping.get(now, now) for key, now in manifest.relabeled.items()}
    manifest = replace(
        manifest,
        label_sha256=pixel_sha256(label),
        painted_sha256=pixel_sha256(painted),
        relabeled={**mapping, **before},
    )
    recipe = (to_json(manifest) + "\n").encode()
    return RelabeledSample(
        sample.id,
        sample.recipe_file,
        project.files.add_label(label),
        project.files.add_label(painted),
        project.files.add_bytes(recipe, ".json"),
    )


def _learned(shelf: Shelf[CardT, RecordT], records: Iterable[RecordT]) -> dict[str, set[int]]:
    return {one.name: set(shelf.read_card(one.folder).classes) for one in records}
