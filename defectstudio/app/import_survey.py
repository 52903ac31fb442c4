"""Looking at the files of an import: which can be used, which are one and the same image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from defectstudio.domain.files import sha256_file
from defectstudio.domain.records import Role
from defectstudio.exchange.importing import ImportEntry, ImportPlan, ImportProblem, check
from defectstudio.exchange.plan import GOOD
from defectstudio.imaging.types import Label
from defectstudio.jobs.kinds import Progress
from defectstudio.project.names import name_key


@dataclass(frozen=True)
class Picture:
    """Entries whose images have the same bytes: one image, perhaps of several classes."""

    sha256: str
    entries: tuple[ImportEntry, ...]

    @property
    def file(self) -> Path:
        """The first of its files."""
        return self.entries[0].image

    @property
    def name(self) -> str:
        """Its class and name in the source, "good" standing for none."""
        first = self.entries[0]
        return f"{first.class_name or GOOD}/{first.name}"

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its classes, none twice; empty for a normal image."""
        names: dict[str, str] = {}
        for entry in self.entries:
            if entry.class_name:
                names.setdefault(name_key(entry.class_name), entry.class_name)
        return tuple(names.values())

    @property
    def marked(self) -> tuple[str, ...]:
        """The name keys of the classes that have a mask."""
        return tuple(
            name_key(one.class_name) for one in self.entries if one.class_name and one.mask
        )

    @property
    def role(self) -> Role:
        """Defect when any of its entries shows one."""
        return Role.DEFECT if self.classes else Role.NORMAL

    def paint(self, label: Label, class_ids: Mapping[str, int]) -> int:
        """Paint the masks of its classes in `class_ids` (by name key) onto background pixels.

        label: uint8 (H, W), changed in place. Returns how many pixels two classes claim; they
        keep the first. Raises ImageError when a mask cannot be read any longer.
        """
        contested = 0
        for entry in self.entries:
            class_id = class_ids.get(name_key(entry.class_name or ""))
            if class_id is None or entry.mask is None:
                continue
            mask = entry.mask.read()
            contested += int((mask & (label != 0) & (label != class_id)).sum())
            label[mask & (label == 0)] = class_id
        return contested


def survey(
    plan: ImportPlan, progress: Progress
) -> tuple[list[Picture], list[ImportProblem], list[str]]:
    """Decode every file of a plan: the pictures in its order, the files that are left out, notes.

    Raises OSError when a file that could be decoded cannot be read again.
    """
    problems = list(plan.problems)
    same: dict[str, list[ImportEntry]] = defaultdict(list)
    for done, entry in enumerate(plan.entries):
        progress(done, len(plan.entries))
        problem = check(entry)
        if problem:
            problems.append(problem)
        else:
            same[sha256_file(entry.image)].append(entry)
    pictures = [Picture(sha256, tuple(entries)) for sha256, entries in same.items()]
    return pictures, problems, [note for picture in pictures for note in _notes(picture)]


def empty_label(height: int, width: int) -> Label:
    """A label plane without any class."""
    return np.zeros((height, width), np.uint8)


def _notes(picture: Picture) -> list[str]:
    if len(picture.entries) == 1:
        return []
    files = ", ".join(f"{entry.class_name or GOOD}/{entry.image.name}" for entry in picture.entries)
    if len(picture.classes) > 1:
        return [f"{files} are the same image; it gets all these classes."]
    if picture.classes and any(entry.role is Role.NORMAL for entry in picture.entries):
        return [f"{files} are the same image; it counts as defective."]
    return [f"{files} are the same image; it is taken once."]
