"""What readers of annotation files share: a picture with its classes becomes entries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defectstudio.domain.errors import ImportSourceError, UserError
from defectstudio.domain.files import MOST_BYTES, inside, read_plain
from defectstudio.domain.records import Role
from defectstudio.exchange.marks import Drawn, Shape
from defectstudio.exchange.plan import ImportEntry, ImportProblem

WRONG = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What foreign data raise that are not what they should be: of another type, NaN, infinite."""


@dataclass
class Annotated:
    """A picture of an annotation file, its size by that file, and its shapes by class name."""

    table: Path
    image: Path
    name: str
    height: int
    width: int
    shapes: dict[str, list[Shape]] = field(default_factory=dict)

    def add(self, class_name: str, *shapes: Shape) -> None:
        """Give the picture shapes of a class."""
        self.shapes.setdefault(class_name, []).extend(shapes)

    def entries(self) -> Iterator[ImportEntry]:
        """One for each class, or one of a normal image."""
        if not self.shapes:
            yield ImportEntry(self.name, Role.NORMAL, None, self.image, None)
        for class_name, shapes in self.shapes.items():
            drawn = Drawn(self.table, self.height, self.width, tuple(shapes))
            yield ImportEntry(self.name, Role.DEFECT, class_name, self.image, drawn)


def both_ends(path: Path, size: int) -> bytes:
    """The first and the last `size` bytes of a file; none of what is no plain file."""
    if not path.is_file():
        return b""
    with path.open("rb") as stream:
        head = stream.read(size)
        stream.seek(max(0, path.stat().st_size - size))
        return head + stream.read(size)


def read_text(path: Path) -> str:
    """The text of an annotation file. Raises ImportSourceError when it is huge or no text."""
    try:
        return read_plain(path).decode("utf-8-sig")
    except OSError as error:
        raise ImportSourceError(
            f"the file cannot be read ({error.strerror or error})",
            subject=path,
            remedy=f"Allow reading it; split it where it has more than {MOST_BYTES >> 20} MB.",
        ) from error
    except UnicodeDecodeError as error:
        raise ImportSourceError(
            "the file is no text in UTF-8", subject=path, remedy="Save it in UTF-8."
        ) from error


def read_json(path: Path) -> Mapping[str, Any]:
    """The object in a JSON file. Raises ImportSourceError when it holds none."""
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise ImportSourceError(
            f"the file is no JSON ({error})", subject=path, remedy="Export it again."
        ) from error
    if not isinstance(found, dict):
        raise ImportSourceError("the file holds no object", subject=path, remedy="Export it again.")
    return found


def find_image(root: Path, name: str, folders: Sequence[str]) -> Path | ImportProblem:
    """The picture a table calls `name`, in one of `folders` below `root` ("" for itself)."""
    for folder in folders:
        try:
            path = inside(root, f"{folder}/{name}" if folder else name)
            if path.is_file():
                return path
        except UserError as error:
            return ImportProblem(root, f"{name!r}: {error.reason}", error.remedy)
        except OSError as error:
            return ImportProblem(root, f"{name[:80]!r}: {error.strerror}", "Give it another name.")
    return ImportProblem(
        root / name, "the picture is not there", "Put it beside its annotations, then import again."
    )


def unique_stems(names: Sequence[str]) -> list[str]:
    """The pictures' names without suffix, with their folders where stems alone are not unique."""
    stems = [Path(name).stem for name in names]
    if len({stem.casefold() for stem in stems}) == len(stems):
        return stems
    return [Path(name).with_suffix("").as_posix().replace("/", "_") for name in names]
