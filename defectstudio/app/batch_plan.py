"""Plans of batches: how many samples of which class on which backgrounds, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from defectstudio.domain.errors import SettingError
from defectstudio.domain.files import read_plain, write_bytes
from defectstudio.domain.records import ImageRecord
from defectstudio.domain.specs import PlanRow
from defectstudio.project.names import name_key

COLUMNS = ("class", "count", "backgrounds")
MOST = 1_000_000
"""Samples in one batch."""

_BETWEEN = ";"


@dataclass(frozen=True)
class PlanLine:
    """So many samples of a class on the backgrounds of these names; none: on any."""

    class_name: str
    count: int
    backgrounds: tuple[str, ...] = ()


def read_plan(path: Path) -> tuple[PlanLine, ...]:
    """The plan in a CSV file: class, count, backgrounds (names, a semicolon between two).

    Raises SettingError for a file that cannot be read or is no plan.
    """
    try:
        text = read_plain(path).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingError(f"the plan cannot be read ({error})", subject=path) from error
    if not rows:
        raise SettingError(
            "the plan has no row", subject=path, remedy=f"Its columns are {', '.join(COLUMNS)}."
        )
    return tuple(_line(path, number, row) for number, row in enumerate(rows, start=2))


def write_plan(path: Path, lines: Sequence[PlanLine]) -> None:
    """Write a plan that `read_plan` reads. Raises SettingError where it cannot be written."""
    sink = io.StringIO()
    table = csv.writer(sink, lineterminator="\n")
    table.writerow(COLUMNS)
    for line in lines:
        table.writerow([line.class_name, line.count, _BETWEEN.join(line.backgrounds)])
    try:
        write_bytes(path, sink.getvalue().encode())
    except OSError as error:
        raise SettingError(
            f"the plan cannot be written ({error.strerror or error})",
            subject=path,
            remedy="Free some space, or choose another folder.",
        ) from error


def plan_rows(
    lines: Sequence[PlanLine], known: Mapping[int, str], backgrounds: Sequence[ImageRecord]
) -> tuple[PlanRow, ...]:
    """The plan for a worker: ids of classes, places in the list of backgrounds.

    known: the classes that can be made. Raises SettingError for a class or background that is not
    there, and for too many samples.
    """
    ids = {name_key(name): class_id for class_id, name in known.items()}
    places = {name_key(image.name): place for place, image in enumerate(backgrounds)}
    total = sum(line.count for line in lines)
    if not 1 <= total <= MOST:
        raise SettingError(
            f"the plan has {total} samples", remedy=f"Plan 1 to {MOST} samples in one batch."
        )
    return tuple(
        PlanRow(
            _found(ids, line.class_name, "the generator makes no such class of this item"),
            line.count,
            tuple(
                _found(places, name, "no background of this name can be used")
                for name in line.backgrounds
            ),
        )
        for line in lines
    )


def _line(path: Path, number: int, row: Mapping[str | None, str | None]) -> PlanLine:
    name, count = (row.get("class") or "").strip(), (row.get("count") or "").strip()
    whole = count.isdecimal() and len(count) <= len(str(MOST))
    if not name or not whole or not 1 <= int(count) <= MOST:
        raise SettingError(
            f"line {number} names no class with a count from 1 to {MOST}",
            subject=path,
            remedy=f"Its columns are {', '.join(COLUMNS)}.",
        )
    names = (part.strip() for part in (row.get("backgrounds") or "").split(_BETWEEN))
    return PlanLine(name, int(count), tuple(part for part in names if part))


def _found(table: Mapping[str, int], name: str, reason: str) -> int:
    if name_key(name) not in table:
        raise SettingError(
            reason, subject=name, remedy="Write its name as the window or an export shows it."
        )
    return table[name_key(name)]
