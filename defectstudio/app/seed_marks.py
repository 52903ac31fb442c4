"""Favourite and banned seeds of a project: one JSON file beside its database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import ProjectError, SettingError
from defectstudio.domain.files import read_plain, write_json
from defectstudio.domain.records import GeneratorRecord
from defectstudio.domain.seed_marks import Mark, Marks
from defectstudio.domain.specs import SynthesizeSpec
from defectstudio.project.project import Project

FILE = "seeds.json"


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
        return _SEED_MARKS.validate_json(read_plain(root / FILE))
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


def batch_marks(
    project: Project, generator: GeneratorRecord, spec: SynthesizeSpec
) -> dict[int, Marks]:
    """What a batch of the generator draws from: favourites only when they are asked for.

    Raises SettingError for a class that should be drawn from its favourites and has none, and
    ProjectError as `read_marks`.
    """
    stored = read_marks(project.root)
    marks = {i: stored.of(generator.sha256, i) for i in spec.class_ids}
    if not spec.styles.favourites:
        return {i: replace(one, favourites=()) for i, one in marks.items() if one.banned}
    without = [i for i, one in marks.items() if not one.favourites]
    if without:
        names = {one.id: one.name for one in project.classes(generator.item_id)}
        raise SettingError(
            f"no seed of {', '.join(names[i] for i in without)} is a favourite with this generator",
            subject="favourites",
            remedy="Star seeds in the gallery of the window, name one class, or draw all seeds.",
        )
    return marks
