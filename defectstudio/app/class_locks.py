"""Which classes of each item are locked: one JSON file beside the project's database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import read_plain, write_json

FILE = "locks.json"


@dataclass(frozen=True)
class ClassLocks:
    """Ids of locked classes by the item's id."""

    items: dict[int, tuple[int, ...]] = field(default_factory=dict)
    format: Literal[1] = 1

    def of(self, item_id: int) -> frozenset[int]:
        """The locked classes of an item."""
        return frozenset(self.items.get(item_id, ()))


_LOCKS = TypeAdapter(ClassLocks)


def read_locks(root: Path) -> ClassLocks:
    """Those of the project in a folder. A damaged file is none: a lock is set in a moment."""
    try:
        return _LOCKS.validate_json(read_plain(root / FILE))
    except (OSError, ValidationError):
        return ClassLocks()


def keep_locks(root: Path, item_id: int, locked: frozenset[int]) -> None:
    """Lock these classes of an item, and no others, from now on.

    Raises ProjectError when that cannot be written.
    """
    kept = read_locks(root)
    try:
        write_json(root / FILE, replace(kept, items={**kept.items, item_id: tuple(sorted(locked))}))
    except OSError as error:
        raise ProjectError(
            f"locks of classes cannot be kept ({error.strerror or error})",
            subject=root / FILE,
            remedy="Free some space or allow writing to the project's folder.",
        ) from error
