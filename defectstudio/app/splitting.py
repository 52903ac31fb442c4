"""Use case: split a project's labeled and normal images by group.

Defect images that are still to be painted take no place of a split; they follow their group where
that has labeled images, and are in no split otherwise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import ImageRecord, Item, Role, Split
from defectstudio.project.project import Project
from defectstudio.project.splits import NORMAL, split_by_group, strata

FRACTIONS: Mapping[Split, float] = {Split.TRAIN: 0.6, Split.VAL: 0.2, Split.TEST: 0.2}


@dataclass(frozen=True)
class SplitRow:
    """How the images of one class of an item, or its "good" ones, were split."""

    item: str
    class_name: str
    images: dict[str, int]
    groups: dict[str, int]


@dataclass(frozen=True)
class SplitReport:
    """What a split did. `warnings` names the classes that some split had to do without."""

    rows: tuple[SplitRow, ...]
    warnings: tuple[str, ...]
    seed: int


@dataclass(frozen=True)
class Learning:
    """What a training of an item learns from once its split is complete.

    seen, kept: class name -> labeled images in the training split, and in the two others. joining:
    labeled images that get their split then. unpainted: defect images without a label.
    """

    seen: dict[str, int]
    kept: dict[str, int]
    joining: int
    unpainted: int


def split(
    project: Project, train: float = 0.6, val: float = 0.2, test: float = 0.2, seed: int = 0
) -> SplitReport:
    """Split all items by group, each class in its own proportion; earlier splits are replaced.

    The same images, groups and seed give the same splits. Raises SettingError for bad fractions
    and ProjectError when the project has no labeled and no normal image.
    """
    fractions = {Split.TRAIN: train, Split.VAL: val, Split.TEST: test}
    splits: dict[int, Split | None] = {}
    for item in project.items():
        splits |= _dealt(item, project.images(item.id), fractions, seed, {})
    if not any(splits.values()):
        raise ProjectError(
            "the project has no images to split: none is normal, none labeled",
            subject=project.root,
            remedy="Import some, or paint the defects of those that are to be painted.",
        )
    project.set_splits(splits)
    used = [one for one, fraction in fractions.items() if fraction > 0]
    rows: list[SplitRow] = []
    warnings: list[str] = []
    for item in project.items():
        for row in _rows(project, item):
            rows.append(row)
            warnings += _warnings(row, used)
    return SplitReport(tuple(rows), tuple(warnings), seed)


def complete_split(project: Project, item: Item) -> None:
    """Deal out the images of an item that are in no split; those in one stay there.

    Nothing is done where there is nothing to learn from, neither a labeled defect nor a sample.
    """
    images = project.images(item.id)
    if any(_is_labeled(image) for image in images) or project.samples(item.id):
        project.set_splits(_completed(item, images))


def learning(project: Project, item: Item) -> Learning:
    """What a training would learn from after `complete_split`; nothing is changed."""
    images = project.images(item.id)
    splits = _completed(item, images)
    labeled = [image for image in images if _is_labeled(image)]
    counted = {True: Counter[int](), False: Counter[int]()}
    for image in labeled:
        counted[splits[image.id] is Split.TRAIN].update(image.class_ids)
    classes = project.classes(item.id)
    seen, kept = (
        {one.name: number[one.id] for one in classes if number[one.id]}
        for number in (counted[True], counted[False])
    )
    joining = sum(image.split is None for image in labeled)
    defects = sum(image.role is Role.DEFECT for image in images)
    return Learning(seen, kept, joining, defects - len(labeled))


def _completed(item: Item, images: Sequence[ImageRecord]) -> dict[int, Split | None]:
    held = {image.group: image.split for image in images if image.split is not None}
    return _dealt(item, images, FRACTIONS, 0, held)


def _dealt(
    item: Item,
    images: Sequence[ImageRecord],
    fractions: Mapping[Split, float],
    seed: int,
    held: Mapping[str, Split],
) -> dict[int, Split | None]:
    """Image id -> split, or None for an image of a group that nothing can be learned from."""
    counted = [image for image in images if _counts(image)]
    rng = np.random.default_rng([seed, item.id])
    splits = split_by_group(counted, fractions, rng, held)
    groups = {**held, **{image.group: splits[image.id] for image in counted}}
    return {image.id: groups.get(image.group) for image in images}


def _counts(image: ImageRecord) -> bool:
    """Whether it takes a place of a split."""
    return image.role is Role.NORMAL or _is_labeled(image)


def _is_labeled(image: ImageRecord) -> bool:
    """Whether its defect is labeled; one that is to be painted has a class and no label."""
    return image.role is Role.DEFECT and image.label_file is not None and bool(image.class_ids)


def _rows(project: Project, item: Item) -> list[SplitRow]:
    names = {found.id: found.name for found in project.classes(item.id)}
    names |= {NORMAL: "good"}
    members: dict[int, list[ImageRecord]] = defaultdict(list)
    for image in project.images(item.id):
        if _counts(image):
            for stratum in strata(image):
                members[stratum].append(image)
    return [_row(item, names[stratum], members[stratum]) for stratum in sorted(members)]


def _row(item: Item, class_name: str, images: Sequence[ImageRecord]) -> SplitRow:
    parts = {one: [image for image in images if image.split is one] for one in Split}
    return SplitRow(
        item.name,
        class_name,
        {one.value: len(part) for one, part in parts.items()},
        {one.value: len({image.group for image in part}) for one, part in parts.items()},
    )


def _warnings(row: SplitRow, used: Sequence[Split]) -> list[str]:
    missing = [one.value for one in used if not row.images[one.value]]
    if not missing:
        return []
    groups = sum(row.groups.values())
    return [
        f"{row.item}, {row.class_name}: no images in {' and '.join(missing)}; "
        f"its {sum(row.images.values())} images show only {groups} "
        f"{'part' if groups == 1 else 'different parts'}."
    ]
