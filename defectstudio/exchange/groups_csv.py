"""Tables that say which images show the same physical part."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from defectstudio.domain.errors import ImportSourceError
from defectstudio.domain.files import read_plain

_KEYS = ("class", "stem")


def read_groups(path: Path) -> dict[tuple[str, str], str]:
    """(class name, stem) -> group, "good" being the class of defect-free images.

    The table has a head with `class`, `stem` and one more column of any name, the group; comma,
    semicolon or tab between; UTF-8. Raises ImportSourceError, naming the line.
    """
    lines = _rows(path)
    head = [name.strip().lower() for name in (lines[0] if lines else [])]
    others = [name for name in head if name not in _KEYS]
    if not all(key in head for key in _KEYS) or len(others) != 1 or len(head) != 3:
        raise ImportSourceError(
            f"its columns are {', '.join(head) or 'missing'}",
            subject=path,
            remedy="Give it the columns class, stem and one more, the group.",
        )
    order = [head.index(name) for name in (*_KEYS, others[0])]
    groups: dict[tuple[str, str], str] = {}
    for number, row in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != 3 or not all(cell.strip() for cell in row):
            raise _bad_line(path, number, "a row needs a class, a stem and a group")
        class_name, stem, group = (row[i].strip() for i in order)
        if groups.setdefault((class_name, stem), group) != group:
            raise _bad_line(path, number, f"{class_name} {stem} is already in another group")
    if not groups:
        raise ImportSourceError("the table has no rows", subject=path, remedy="Add one an image.")
    return groups


def _rows(path: Path) -> list[list[str]]:
    try:
        text = read_plain(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportSourceError(
            f"the table cannot be read ({error})", subject=path, remedy="Save it as UTF-8 CSV."
        ) from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ImportSourceError(
            f"the table is not CSV ({error})", subject=path, remedy="Save it as UTF-8 CSV."
        ) from error


def _bad_line(path: Path, number: int, reason: str) -> ImportSourceError:
    return ImportSourceError(
        f"line {number}: {reason}", subject=path, remedy="Mend the line and import again."
    )
