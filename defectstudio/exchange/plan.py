"""Frozen lists that importers hand over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from defectstudio.domain.records import Role
from defectstudio.domain.words import shown
from defectstudio.exchange.marks import MaskSource

GOOD = "good"
"""The folder of defect-free images, and their class in a table of groups."""


@dataclass(frozen=True)
class ImportEntry:
    """One image to import. `name` is unique within its class; class_name is None for a normal
    image. mask: where the pixels of the class are; None for a normal image, and for a defect that
    is still to be painted."""

    name: str
    role: Role
    class_name: str | None
    image: Path
    mask: MaskSource | None


@dataclass(frozen=True)
class ImportProblem:
    """A file that is left out, why, and what to do about it."""

    path: Path
    reason: str
    remedy: str

    def __post_init__(self) -> None:
        """It speaks of names, which may be no text."""
        object.__setattr__(self, "path", Path(shown(str(self.path))))
        object.__setattr__(self, "reason", shown(self.reason))
        object.__setattr__(self, "remedy", shown(self.remedy))


@dataclass(frozen=True)
class ImportPlan:
    """What a source holds. format: one of `importing.READERS`."""

    format: str
    entries: tuple[ImportEntry, ...]
    problems: tuple[ImportProblem, ...]
