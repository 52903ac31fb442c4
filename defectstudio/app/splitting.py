"""Use case: split a project's images by group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import ImageRecord, Item, Split
from defectstudio.project.project import Project
from defectstudio.project.splits import NORMAL, UNLABELED, split_by_group, strata


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


def split(
    project: Project, train: float = 0.6, val: float = 0.2, test: float = 0.2, seed: int = 0
) -> SplitReport:
    """Split all items by group, each class in its own proportion; earlier splits are replaced.

    The same images, groups and seed give the same splits. Raises SettingError for bad fractions
    and ProjectError when the project has no images.
    """
    fractions = {Split.TRAIN: train, Split.VAL: val, Split.TEST: test}
    splits: dict[int, Split] = {}
    for item in project.items():
        rng = np.random.default_rng([seed, item.id])
        splits |= split_by_group(project.images(item.id), fractions, rng)
    if not splits:
        raise ProjectError(
            "the project has no images to split", subject=project.root, remedy="Import some."
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


def _rows(project: Project, item: Item) -> list[SplitRow]:
    names = {found.id: found.name for found in project.classes(item.id)}
    names |= {NORMAL: "good", UNLABELED: "without a class"}
    members: dict[int, list[ImageRecord]] = defaultdict(list)
    for image in project.images(item.id):
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
