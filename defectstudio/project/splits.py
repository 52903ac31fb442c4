"""Splitting images by physical part, with every class in every part where that can be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import SettingError
from defectstudio.domain.records import ImageRecord, Role, Split

NORMAL = 0
"""The stratum of normal images; that of a class is its id."""
UNLABELED = -1
"""The stratum of images that show a defect of no known class."""

_FIRST_SERVED = (Split.TRAIN, Split.TEST, Split.VAL)
"""Which splits get the groups of a class that has too few of them for all."""
_FEW = 5
"""Of fewer groups of a class (of defects) the third split gets none: most are to be learned
from."""


@dataclass(frozen=True)
class _Group:
    name: str
    images: tuple[int, ...]
    strata: Counter[int]
    """Stratum -> number of the group's images in it."""


def split_by_group(
    images: Sequence[ImageRecord],
    fractions: Mapping[Split, float],
    rng: np.random.Generator,
    held: Mapping[str, Split] | None = None,
) -> dict[int, Split]:
    """Image id -> split, for the images of one item; those of one group stay together.

    held: groups that stay in their splits, and count there; the others are dealt out around them.
    fractions: the wanted part of the images of every class and of the normal images, summing to
    1; a split of fraction 0 stays empty. The rarest class is dealt out first (the idea of
    iterative stratification, Sechidis, Tsoumakas and Vlahavas 2011, on groups instead of
    examples). A class of one group is in train, one of 2 to 4 in train and test, most of it in
    train, one of more in all three, as are normal images of three and more; where groups of
    several classes stand in the way, a local search settles for the fewest misses it finds. The
    order of `images` does not matter.
    Raises SettingError for fractions outside [0, 1] or not summing to 1.
    """
    wanted = _checked(fractions)
    groups = _groups(images)
    order = [groups[index] for index in rng.permutation(len(groups))]
    deal = _Deal(wanted, order, held or {})
    while (stratum := deal.rarest()) is not None:
        deal.out(stratum)
    deal.repair()
    return {image: deal.split[group.name] for group in order for image in group.images}


def strata(image: ImageRecord) -> tuple[int, ...]:
    """What an image counts for: its classes, NORMAL, or UNLABELED."""
    if image.class_ids:
        return image.class_ids
    return (NORMAL,) if image.role is Role.NORMAL else (UNLABELED,)


class _Deal:
    """Groups being dealt out to splits."""

    def __init__(
        self, wanted: dict[Split, float], groups: Sequence[_Group], held: Mapping[str, Split]
    ) -> None:
        self.split: dict[str, Split] = {}
        self._wanted = wanted
        self._groups = groups
        self._held = held
        self._of: dict[int, list[_Group]] = defaultdict(list)
        self._total: Counter[int] = Counter()
        for group in groups:
            self._total.update(group.strata)
            for stratum in group.strata:
                self._of[stratum].append(group)
        self._got: dict[Split, Counter[int]] = {split: Counter() for split in Split}
        self._count: dict[Split, Counter[int]] = {split: Counter() for split in Split}
        for group in groups:
            if group.name in held:
                self._put(group, held[group.name])

    def rarest(self) -> int | None:
        """The stratum of the fewest groups that has some left to deal, None at the end."""
        left = [stratum for stratum in self._of if self._left(stratum)]
        return min(left, key=lambda one: (len(self._of[one]), one), default=None)

    def out(self, stratum: int) -> None:
        """Deal out the groups left of a stratum, large ones first, to where most is missing."""
        left = sorted(self._left(stratum), key=lambda group: -group.strata[stratum])
        for dealt, group in enumerate(left):
            empty = [s for s in self._due(stratum) if not self._count[s][stratum]]
            # The last groups go to the splits that have none yet.
            choice = empty if len(left) - dealt <= len(empty) else self._due(stratum)
            self._put(group, max(choice, key=lambda s: self._missing(s, group, stratum)))

    def repair(self) -> None:
        """Move or exchange groups as long as that brings a class to a split that misses it."""
        while self._improve():
            pass

    def _improve(self) -> bool:
        needs = self._needs()
        for stratum, split in needs:
            there = [None, *(g for g in self._free(self._groups) if self.split[g.name] is split)]
            for group in self._free(self._of[stratum]):
                old = self.split[group.name]
                for other in there:
                    self._exchange(group, split, other, old)
                    if len(self._needs()) < len(needs):
                        return True
                    self._exchange(group, old, other, split)
        return False

    def _free(self, groups: Sequence[_Group]) -> list[_Group]:
        return [group for group in groups if group.name not in self._held]

    def _exchange(self, group: _Group, to: Split, other: _Group | None, back: Split) -> None:
        self._move(group, to)
        if other is not None:
            self._move(other, back)

    def _needs(self) -> list[tuple[int, Split]]:
        """Classes and the splits that miss them."""
        return [
            (stratum, split)
            for stratum in sorted(self._of)
            for split in self._due(stratum)
            if not self._count[split][stratum]
        ]

    def _due(self, stratum: int) -> list[Split]:
        """The splits that a stratum has enough groups to reach."""
        served = [split for split in _FIRST_SERVED if split in self._wanted]
        many = len(self._of[stratum])
        return served[: min(many, 2) if stratum != NORMAL and many < _FEW else many]

    def _left(self, stratum: int) -> list[_Group]:
        return [group for group in self._of[stratum] if group.name not in self.split]

    def _missing(self, split: Split, group: _Group, stratum: int) -> tuple[int, float, float]:
        """How much a split misses a group: for its other classes that it has none of, then by
        the images it lacks of the stratum, then by those of all its classes."""

        def lack(one: int) -> float:
            return self._wanted[split] * self._total[one] - self._got[split][one]

        others = [one for one in group.strata if one != stratum]
        new = sum(split in self._due(one) and not self._count[split][one] for one in others)
        return new, lack(stratum), sum(lack(one) for one in group.strata)

    def _put(self, group: _Group, split: Split) -> None:
        self.split[group.name] = split
        self._got[split].update(group.strata)
        self._count[split].update(group.strata.keys())

    def _move(self, group: _Group, split: Split) -> None:
        old = self.split[group.name]
        self._got[old].subtract(group.strata)
        self._count[old].subtract(group.strata.keys())
        self._put(group, split)


def _checked(fractions: Mapping[Split, float]) -> dict[Split, float]:
    for split, fraction in fractions.items():
        if not 0.0 <= fraction <= 1.0:
            raise SettingError(
                f"the fraction {fraction:g} is not between 0 and 1",
                subject=split.value,
                remedy="Give fractions such as 0.6, 0.2 and 0.2.",
            )
    total = sum(fractions.values())
    if abs(total - 1.0) > 1e-6:
        raise SettingError(
            f"the fractions of train, val and test sum to {total:g}, not to 1",
            remedy="Give fractions such as 0.6, 0.2 and 0.2.",
        )
    return {split: fractions[split] for split in _FIRST_SERVED if fractions.get(split, 0.0) > 0}


def _groups(images: Sequence[ImageRecord]) -> list[_Group]:
    members: dict[str, list[ImageRecord]] = defaultdict(list)
    for image in images:
        members[image.group].append(image)
    return [
        _Group(
            name,
            tuple(image.id for image in members[name]),
            # Sorted, since sums of floats over it depend on its order.
            Counter(sorted(stratum for image in members[name] for stratum in strata(image))),
        )
        for name in sorted(members)
    ]
