"""What of a project an export can take, and what it leaves out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from enum import StrEnum

from defectstudio.domain.records import ImageRecord, Item, Review, SampleRecord, Split
from defectstudio.project.project import Project


class Kind(StrEnum):
    """Of an image or a sample, in the eyes of an export."""

    REAL = "real images"
    UNLABELED = "defective images without a label"
    ACCEPTED = "accepted samples"
    UNDECIDED = "undecided samples"
    REJECTED = "rejected samples"


_OF_REVIEW = {
    Review.ACCEPTED: Kind.ACCEPTED,
    Review.UNDECIDED: Kind.UNDECIDED,
    Review.REJECTED: Kind.REJECTED,
}
_BESIDE = {
    Kind.UNLABELED: Kind.REAL,
    Kind.UNDECIDED: Kind.ACCEPTED,
    Kind.REJECTED: Kind.ACCEPTED,
}
"""What is missed only where others of its sort are taken."""


def kind_of(record: ImageRecord | SampleRecord) -> Kind:
    """Of one image or sample."""
    if isinstance(record, SampleRecord):
        return _OF_REVIEW[record.review]
    return Kind.UNLABELED if record.is_unpainted else Kind.REAL


def kinds_of(*, real: bool, synthetic: bool, undecided: bool) -> frozenset[Kind]:
    """Those that are taken."""
    asked = {
        Kind.REAL: real,
        Kind.ACCEPTED: synthetic,
        Kind.UNDECIDED: synthetic and undecided,
    }
    return frozenset(kind for kind, wanted in asked.items() if wanted)


def left_out(counts: Mapping[Kind, int], taken: Collection[Kind]) -> dict[str, int]:
    """How many of what others of its sort are taken without; nothing that there is none of."""
    return {
        kind.value: counts[kind]
        for kind, other in _BESIDE.items()
        if other in taken and kind not in taken and counts.get(kind)
    }


def stock(project: Project, item: Item) -> dict[Split | None, Counter[Kind]]:
    """How much of what an item has, by split; a sample has that of its background."""
    found: dict[Split | None, Counter[Kind]] = {split: Counter() for split in (None, *Split)}
    images = {image.id: image for image in project.images(item.id)}
    for image in images.values():
        found[image.split][kind_of(image)] += 1
    for sample in project.samples(item.id):
        if sample.background_id in images:
            found[images[sample.background_id].split][kind_of(sample)] += 1
    return found
