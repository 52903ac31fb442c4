"""Favourite and banned seeds of a project: one JSON file beside its database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Seed

FILE = "seeds.json"


class Mark(StrEnum):
    """What a person thinks of a seed."""

    FAVOURITE = "favourite"
    BANNED = "banned"


@dataclass(frozen=True)
class Marks:
    """The marked seeds of one class under one generator; each seed is in one list at most."""

    favourites: tuple[Seed, ...] = ()
    banned: tuple[Seed, ...] = ()

    def of(self, seed: int) -> Mark | None:
        """The mark of a seed."""
        if seed in self.favourites:
            return Mark.FAVOURITE
        return Mark.BANNED if seed in self.banned else None

    def marked(self, seed: int, mark: Mark | None) -> Marks:
        """With the seed marked so; None takes its mark away."""
        favourites = [one for one in self.favourites if one != seed]
        banned = [one for one in self.banned if one != seed]
        if mark is Mark.FAVOURITE:
            favourites.append(seed)
        elif mark is Mark.BANNED:
            banned.append(seed)
        return Marks(tuple(favourites), tuple(banned))


@dataclass(frozen=True)
class SeedMarks:
    """Marks by the generator's SHA-256 and the class id."""

    marks: dict[str, dict[int, Marks]] = field(default_factory=dict)
    format: Literal[1] = 1

    def of(self, generator: str, class_id: int) -> Marks:
        """The marks of a class under a generator."""
        return self.marks.get(generator, {}).get(class_id, Marks())

    def marked(self, generator: str, class_id: int, seed: int, mark: Mark | None) -> SeedMarks:
        """With one seed marked so; None takes its mark away."""
        changed = self.of(generator, class_id).marked(seed, mark)
        classes = {**self.marks.get(generator, {}), class_id: changed}
        return replace(self, marks={**self.marks, generator: classes})


_SEED_MARKS = TypeAdapter(SeedMarks)


def read_marks(root: Path) -> SeedMarks:
    """The marks of the project in a folder. Raises ProjectError when the file is damaged."""
    try:
        return _SEED_MARKS.validate_json((root / FILE).read_bytes())
    except FileNotFoundError:
        return SeedMarks()
    except (OSError, ValidationError) as error:
        raise ProjectError(
            "the favourite and banned seeds cannot be read",
            subject=root / FILE,
            remedy="Mend the file, or remove it to start without marks.",
        ) from error


def mark_seed(root: Path, generator: str, class_id: int, seed: int, mark: Mark | None) -> SeedMarks:
    """Mark a seed and write that down; what is in the file by now stays.

    Raises ProjectError when the file is damaged or cannot be written.
    """
    changed = read_marks(root).marked(generator, class_id, seed, mark)
    try:
        write_json(root / FILE, changed)
    except OSError as error:
        raise ProjectError(
            "the marks of seeds cannot be written",
            subject=root / FILE,
            remedy="Free some space or allow writing to the project's folder.",
        ) from error
    return changed
