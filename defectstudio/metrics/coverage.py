"""Which defects there are, real and made: by class, position, size, contrast and surround."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from defectstudio.domain.auditing import Cell, Measured, Wanted

ACROSS = 3
"""Positions in a row, and rows."""
Key = tuple[int, int, int, int, int]


def cells(real: Sequence[Measured], made: Sequence[Measured]) -> list[Cell]:
    """The cells that hold a defect, in order.

    Size, contrast and surround are cut at the median of the real defects of a class; of a class
    without real ones, of the made ones. Finer cells hold one real defect each, which no made one
    ever meets.
    """
    found: list[Cell] = []
    for class_id in sorted({one.class_id for one in [*real, *made]}):
        own = [one for one in real if one.class_id == class_id]
        others = [one for one in made if one.class_id == class_id]
        middle = medians(own or others)
        counts = [Counter(key(one, middle) for one in some) for some in (own, others)]
        for place in sorted({*counts[0], *counts[1]}):
            found.append(Cell(*place, counts[0][place], counts[1][place]))
    return found


def medians(defects: Sequence[Measured]) -> Mapping[str, float]:
    """By axis."""
    return {
        name: float(np.median([getattr(one, name) for one in defects]))
        for name in ("area", "contrast", "surround")
    }


def key(one: Measured, middle: Mapping[str, float]) -> Key:
    """Class, position, size, contrast and surround of a defect, as in a cell."""
    row, column = (min(int(part * ACROSS), ACROSS - 1) for part in (one.row, one.column))
    return (
        one.class_id,
        row * ACROSS + column,
        int(one.area > middle["area"]),
        int(one.contrast > middle["contrast"]),
        int(one.surround > middle["surround"]),
    )


def plan(
    found: Sequence[Cell],
    real: Sequence[Measured],
    classes: Mapping[int, str],
    grounds: Mapping[str, float],
    each: int,
) -> list[Wanted]:
    """What to make for the holes: `each` a hole, on backgrounds as grey as the surround wanted.

    grounds: the mean grey of the backgrounds, 0..1, by name. Where none is as grey, any will do.
    A plan can ask for a class on backgrounds, not for a position, size or contrast: these come
    as they are drawn, so that some holes stay.
    """
    holes: Counter[tuple[int, int]] = Counter()
    for cell in found:
        if cell.is_hole:
            holes[cell.class_id, cell.surround] += 1
    by_class: dict[int, list[Measured]] = defaultdict(list)
    for one in real:
        by_class[one.class_id].append(one)
    lines: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for (class_id, surround), count in sorted(holes.items()):
        middle = medians(by_class[class_id])["surround"]
        names = tuple(name for name, grey in grounds.items() if (grey > middle) == surround)
        lines[class_id, () if len(names) == len(grounds) else names] += count * each
    return [Wanted(classes[class_id], count, names) for (class_id, names), count in lines.items()]
